#!/usr/bin/env bash
# Downloads the four files of MNIST (11 MB) and checks their MD5 sums.
#
#   scripts/fetch-mnist.sh [DIR]     into DIR, the repository's data/mnist by default
#   MNIST_MIRROR=URL scripts/fetch-mnist.sh     from another mirror; https:// or file://
set -euo pipefail

directory=${1:-$(dirname "${BASH_SOURCE[0]}")/../data/mnist}
mirrors=(https://ossci-datasets.s3.amazonaws.com/mnist
  https://storage.googleapis.com/cvdf-datasets/mnist)
[ -z "${MNIST_MIRROR:-}" ] || mirrors=("$MNIST_MIRROR")
partial=$directory/.partial
trap 'rm -f "$partial"' EXIT

# sum FILE: its MD5 sum.
sum() { python3 -c 'import hashlib, sys; print(hashlib.md5(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

# download URL FILE
download() {
  if command -v curl > /dev/null; then
    curl --fail --silent --show-error --location --retry 2 --output "$2" "$1"
  else
    python3 -c 'import sys, urllib.request as r; r.urlretrieve(sys.argv[1], sys.argv[2])' "$1" "$2"
  fi
}

# fetch NAME SUM: a file is put in place only when it is complete and its sum is right.
fetch() {
  local mirror found
  [ -e "$directory/$1" ] && [ "$(sum "$directory/$1")" = "$2" ] && return 0
  for mirror in "${mirrors[@]}"; do
    rm -f "$partial"
    download "$mirror/$1" "$partial" || continue
    found=$(sum "$partial")
    if [ "$found" = "$2" ]; then
      mv "$partial" "$directory/$1"
      echo "$directory/$1" >&2
      return 0
    fi
    echo "fetch-mnist: $mirror/$1 has MD5 sum $found, not $2" >&2
  done
  echo "fetch-mnist: error: cannot download $1 — check the network, or set MNIST_MIRROR to a mirror" >&2
  return 1
}

mkdir -p "$directory"
fetch train-images-idx3-ubyte.gz f68b3c2dcbeaaa9fbdd348bbdeb94873
fetch train-labels-idx1-ubyte.gz d53e105ee54ea40749a09fcbcd1e9432
fetch t10k-images-idx3-ubyte.gz 9fb629c4189551a2d022fa330f9573f3
fetch t10k-labels-idx1-ubyte.gz ec29112dd5afa0611ce80d1b7f02629c
