#!/usr/bin/env bash
# Tries the encoder pt2: a network written as TorchScript and compiled to a package, both as frozen encoders. Projections start
# and are trained alike, so that the embeddings must be the same up to rounding. The package is machine code, and compiling it
# needs the Python packages of the benchmarks' peers and a C++ compiler: that is why this is no test. About a minute.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
couplet=${1:-.build/release/couplet}
couplet=$(cd "$(dirname "$couplet")" && pwd)/couplet

fail() { printf 'check-pt2: error: %s\n' "$*" >&2; exit 1; }
say() { printf 'check-pt2: %s\n' "$*"; }

scripts/setup.sh --bench
export PYTHONPATH=$PWD/.deps:$PWD/.deps/python
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -W ignore - << 'END'
import numpy, torch
from torch import nn

torch.manual_seed(0)
network = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 5)).eval()
rows = torch.randn(300, 4)
numpy.save("u.npy", rows.numpy())
numpy.save("v.npy", (rows[:, :3] + 0.1 * torch.randn(300, 3)).numpy())
torch.jit.trace(network, rows[:4]).save("network.pt")
count = torch.export.Dim("rows", min=2, max=1 << 20)
program = torch.export.export(network, (rows[:4],), dynamic_shapes=({0: count},))
torch._inductor.aoti_compile_and_package(program, package_path="network.pt2")
END
say "compiled a package of $(du -k network.pt2 | cut -f1) kB"

for kind in torchscript:network.pt pt2:network.pt2; do
  name=${kind%%:*}
  "$couplet" train --u u.npy --v v.npy --encoder-u "$kind" --encoder-v linear --dimension 3 --epochs 3 --batch 32 --quiet \
    --out "$name" > /dev/null
  "$couplet" embed "$name" --u u.npy --out "$name.npy" --quiet > /dev/null
  "$couplet" evaluate "$name" --quiet > /dev/null
  "$couplet" retrieve "$name" --of v --given 3 --quiet > /dev/null
done
python3 -W ignore -c '
import numpy
a, b = numpy.load("torchscript.npy"), numpy.load("pt2.npy")
difference = abs(a - b).max()
assert difference < 1e-5 and abs(a).max() > 0.1, difference
print(f"check-pt2: embeddings are the same to {difference:.1e}")'

refused() { # TEXT COMMAND…: fails with a line that has the text
  local text=$1 line
  shift
  if line=$("$couplet" "$@" 2>&1 > /dev/null); then fail "$* is not refused"; fi
  grep -q "$text" <<< "$line" || fail "$*: $line"
}
refused 'has no derivatives' sample pt2 --of u --given 0 --method hmc --out draws.npy
refused 'cannot be exported' export pt2 --to exported
refused 'the network fails on float32 of shape' train --u v.npy --v u.npy --encoder-u pt2:network.pt2 --encoder-v linear --out other
printf x >> network.pt2
refused 'the file has changed since the run began' evaluate pt2
say "what it cannot do is refused"
