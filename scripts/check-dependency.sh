#!/usr/bin/env bash
# Tries a package that depends on Couplet by URL and version: this commit, tagged in a bare clone, and a client with the
# manifest and the program that the documentation shows. First without libtorch, where the build must end with the one
# message that says what to do, then with it, where the program must run. Some minutes; prints one line a check.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { printf 'check-dependency: error: %s\n' "$*" >&2; exit 1; }
say() { printf 'check-dependency: %s\n' "$*"; }

torch=${COUPLET_TORCH:-$PWD/.deps/torch}
[ -e "$torch/include/ATen/ATen.h" ] || fail "no libtorch in $torch: run scripts/setup.sh first"
unset COUPLET_WITH

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
git clone --quiet --bare . "$place/Couplet"
git -C "$place/Couplet" tag --force 0.1.0 > /dev/null 2>&1
mkdir -p "$place/client/Sources/Client"
cp Examples/Field/main.swift "$place/client/Sources/Client/"
cat > "$place/client/Package.swift" << END
// swift-tools-version:6.1
import PackageDescription

let package = Package(
  name: "Client",
  platforms: [.macOS(.v15)],
  dependencies: [.package(url: "file://$place/Couplet", from: "0.1.0")],
  targets: [
    .executableTarget(name: "Client", dependencies: [.product(name: "Couplet", package: "couplet")])
  ]
)
END

cd "$place/client"
if COUPLET_TORCH="$place/none" swift build > "$place/log" 2>&1; then fail "it builds without libtorch"; fi
grep -q 'fatal error: "libtorch is not found: unpack it with scripts/setup.sh --to DIR.* COUPLET_TORCH=DIR' "$place/log" \
  || { tail -n 20 "$place/log" >&2; fail "without libtorch the build does not say what to do"; }
others=$(grep 'error:' "$place/log" | grep -v 'libtorch is not found' | grep -c '\.\(cpp\|h\):' || true)
[ "$others" = 0 ] || { grep 'error:' "$place/log" >&2; fail "without libtorch the build has $others other errors"; }
say "without libtorch the build ends with what to do"

COUPLET_TORCH="$torch" swift build > "$place/log" 2>&1 || { tail -n 20 "$place/log" >&2; fail "the client does not build"; }
say "the client builds"
answer=$(.build/debug/Client)
size=${answer##* }
awk -v size="$size" 'BEGIN { exit !(size > 20 && size < 4000) }' || fail "the program's answer is $answer"
say "the program runs: effective sample size $size of 10,000 candidates"
