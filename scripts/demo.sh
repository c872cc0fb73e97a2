#!/usr/bin/env bash
# The demonstration behind `make demo`: learns a coupling from simulated pairs whose exact answer is known, then, when
# MNIST is at hand ($COUPLET_DATA/mnist or data/mnist), one of images and digits, and draws images for each digit.
#
#   scripts/demo.sh [FOLDER]     writes to runs/demo unless a folder is named; the last demonstration there is replaced
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
couplet=${COUPLET:-$root/.build/release/couplet}
out=${1:-$root/runs/demo}

say() { printf '\n%s\n' "$*"; }
# show WORD…: prints a command as one would type it, and runs it.
show() {
  printf '\n$ couplet %s\n' "${*//$root\//}"
  "$couplet" "$@" 2> "$out/log" || { cat "$out/log" >&2; exit 1; }
}

# Only what an earlier demonstration wrote is removed.
if [ -e "$out" ] && [ ! -e "$out/demo" ]; then
  echo "demo: error: $out is not a demonstration's folder — name another one" >&2
  exit 1
fi
rm -rf "$out"
mkdir -p "$out"
touch "$out/demo"

say "1. A random field u (12 noisy values) and its first five coefficients v: 10,000 simulated pairs.
   Gaussian, so what is to be learned is known: 2.290 nats of mutual information, linear conditional means."
show simulate gaussian-field --count 10000 --seed 0 --out "$out/field"
show train --data "gaussian-field:$out/field" --tilting inner-product --dimension 5 \
  --optimizer adam --learning-rate 0.03 --schedule cosine --batch 2000 --epochs 40 --seed 0 --out "$out/field-run"
show evaluate "$out/field-run"
say "   Expected: recall @10 above 0.1 both ways among 1,000 candidates, where chance is 0.01; a squared error of the
   mean of v given u near 0.02, where a model that has learned nothing has 2.2."

mnist=
for folder in ${COUPLET_DATA:+"$COUPLET_DATA/mnist"} "$root/data/mnist"; do
  [ -z "$mnist" ] && [ -d "$folder" ] && mnist=$folder
done
if [ -z "$mnist" ]; then
  say "2. Images and digits: left out, MNIST is not at hand. scripts/fetch-mnist.sh downloads it (11 MB); then again."
  exit 0
fi

say "2. Images u and digits v: MNIST's 60,000 pairs, LeNet, both conditionals matched (half a minute on two cores)."
show train --data "mnist:$mnist" --encoder-u lenet --encoder-v one-hot --tilting inner-product \
  --loss two-sided --epochs 3 --batch 512 --learning-rate 2e-3 --seed 0 --out "$out/mnist-run"
show evaluate "$out/mnist-run"
say "   Expected: accuracy near 0.99, and every image among the most probable ones of its digit."
show sample "$out/mnist-run" --of u --given 0,1,2,3,4,5,6,7,8,9 --count 12 --seed 0 --out "$out/digits.png"
say "   ${out#"$root"/}/digits.png shows twelve test images drawn for each digit, a row each."
