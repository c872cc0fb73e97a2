#!/usr/bin/env bash
# Everything that building and testing Couplet needs besides Swift and Python: system packages,
# libtorch unpacked to .deps/torch, and Arrow C++, which reads tables, to .deps/arrow. Does only what is
# missing, so a second call is instant. .deps/with then lists the optional libraries that are there, as make
# hands them to Package.swift in COUPLET_WITH.
#
#   scripts/setup.sh          set up for build, demo and tests
#   scripts/setup.sh --bench  also the Python packages that the benchmarks' peers, PyTorch, scikit-learn, FAISS and USearch, need
#   scripts/setup.sh --install  also patchelf, for make install
#   scripts/setup.sh --to DIR  only libtorch, unpacked to DIR: for a package that depends on Couplet by its URL
#   scripts/setup.sh --mpi    also Open MPI, for training over several processes; an MPI that is there (mpicc) is built with
#
# COUPLET_TORCH=DIR uses the libtorch in DIR (its include and lib) and downloads none.
set -euo pipefail
readonly called_in=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly torch_version=2.13.0
readonly arrow_version=21.0.0
readonly typing_extensions_version=4.15.0
readonly torch_index=https://download.pytorch.org/whl/cpu
readonly peer_packages=(numpy==2.4.6 "typing_extensions==$typing_extensions_version" sympy==1.14.0 mpmath==1.3.0
  networkx==3.6.1 jinja2==3.1.6 markupsafe==3.0.3 fsspec==2025.12.0 filelock==3.20.0
  scikit-learn==1.9.1 scipy==1.17.1 joblib==1.6.0 threadpoolctl==3.8.0 narwhals==2.29.0
  faiss-cpu==1.15.1 usearch==2.26.6 numkong==7.8.6 packaging==26.4 tqdm==4.70.1)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

require_swift() {
  command -v swift > /dev/null \
    || fail "swift is not on the PATH — install Swift 6.2 or later from https://www.swift.org/install"
  local version
  version=$(swift --version 2> /dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  case "$version" in
    [0-5].* | 6.0 | 6.1) fail "Swift $version is too old — install Swift 6.2 or later from https://www.swift.org/install" ;;
  esac
}

require_python() {
  command -v python3 > /dev/null || fail "python3 is not on the PATH — install Python 3 with pip"
  python3 -m pip --version > /dev/null 2>&1 \
    || fail "python3 has no pip — install it (Debian, Ubuntu: apt-get install python3-pip)"
}

# header NAME: whether a C or C++ compiler finds the header in the usual places.
header() {
  local place
  for place in /usr/include /usr/local/include /usr/include/c++/* /opt/homebrew/include; do
    [ -e "$place/$1" ] && return 0
  done
  return 1
}

missing_packages() {
  command -v gnuplot > /dev/null || echo gnuplot-nox
  command -v pkg-config > /dev/null || echo pkg-config
  header netcdf.h || echo libnetcdf-dev
  header zlib.h || echo zlib1g-dev
  header png.h || echo libpng-dev
  header jpeglib.h || echo libjpeg-dev
  header vector || echo g++
  [ "${1:-}" != --install ] || command -v patchelf > /dev/null || echo patchelf
  [ "${1:-}" != --mpi ] || command -v mpicc > /dev/null || echo libopenmpi-dev
  [ "${1:-}" != --mpi ] || command -v mpirun > /dev/null || echo openmpi-bin
}

install_packages() {
  local packages root=()
  read -r -d '' -a packages < <(missing_packages "${1:-}") || true
  [ ${#packages[@]} -gt 0 ] || return 0
  command -v apt-get > /dev/null \
    || fail "missing system packages: ${packages[*]} (Debian's names) — install them with this system's package manager, then run this again"
  if [ "$(id -u)" -ne 0 ]; then
    root=(sudo)
    { command -v sudo > /dev/null && { [ -t 0 ] || sudo -n true 2> /dev/null; }; } \
      || fail "missing system packages: ${packages[*]}, and no right to install them — ask an administrator to run: apt-get install ${packages[*]}"
  fi
  local install=("${root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get install --yes --no-install-recommends "${packages[@]}")
  say "installing system packages: ${packages[*]}"
  if ! "${install[@]}" > /dev/null 2>&1; then
    say "updating the package lists"
    { "${root[@]}" apt-get update && "${install[@]}"; } > /dev/null \
      || fail "apt-get could not install ${packages[*]} — see its message above"
  fi
}

# The Mac's packages; best effort, not tested on every release of macOS.
install_packages_mac() {
  local packages=()
  command -v gnuplot > /dev/null || packages+=(gnuplot)
  command -v pkg-config > /dev/null || packages+=(pkgconf)
  header netcdf.h || packages+=(netcdf)
  [ ${#packages[@]} -gt 0 ] || return 0
  command -v brew > /dev/null \
    || fail "missing: ${packages[*]} — install Homebrew (https://brew.sh) or these packages, then run this again"
  say "installing with Homebrew: ${packages[*]}"
  brew install "${packages[@]}"
}

# What is being unpacked lies here: in the file system of the place that it is to have.
incoming=.deps/incoming

# unpack NAME==VERSION [INDEX]: a wheel's files in $incoming/site, from pip's configured index or from INDEX.
# Each part is renamed into place from there when it is complete, what marks it as installed last, so that an
# interruption leaves nothing half installed.
unpack() {
  require_python
  rm -rf "$incoming"
  trap 'rm -rf "$incoming"' EXIT
  mkdir -p "$incoming/wheel"
  # Only libraries and headers are of use, so that any Python's wheel does where there are several.
  local download=(python3 -m pip download --no-deps --only-binary=:all: --progress-bar off
    --python-version "${3:-3.13}" --disable-pip-version-check --dest "$incoming/wheel" "$1")
  say "downloading $1"
  "${download[@]}" > "$incoming/log" 2>&1 \
    || "${download[@]}" --index-url "$2" >> "$incoming/log" 2>&1 \
    || { tail -n 5 "$incoming/log" >&2; fail "cannot download $1 from pip's configured index or from $2 — check the network"; }
  python3 -m zipfile -e "$incoming"/wheel/*.whl "$incoming/site" \
    || fail "cannot unpack $1 to $incoming — check the free disk space (1 GB is needed)"
}

# unpack_torch DIR: PyTorch's wheel in $incoming/site, unless DIR is a libtorch of this version: then false.
unpack_torch() {
  local build="$torch_version"
  [ "$(uname)" = Darwin ] || build+=+cpu
  ! grep -qsF "'$build'" "$1/version.py" || return 1
  unpack "torch==$build" "$torch_index" "$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
}

# libtorch comes out of PyTorch's wheel, with the Python packages beside it that the tests of exported models and the
# benchmarks' peer import.
install_torch() {
  local part
  unpack_torch .deps/torch || return 0
  rm -rf .deps/torch .deps/torch-*.dist-info
  mv .deps/incoming/site/torch .deps/incoming/torch
  for part in .deps/incoming/site/*; do
    rm -rf ".deps/${part##*/}"
    mv "$part" .deps/
  done
  mv .deps/incoming/torch .deps/
}

# libtorch alone, its include and lib, in a folder of the user's.
install_torch_to() {
  [ -n "$1" ] || fail "--to needs a folder: scripts/setup.sh --to DIR"
  require_python
  local target
  target=$(cd "$called_in" && python3 -c 'import os, sys; print(os.path.abspath(sys.argv[1]))' "$1")
  [ -e "$target/version.py" ] || [ -z "$(ls -A "$target" 2> /dev/null)" ] \
    || fail "$target holds other files — name a new folder"
  incoming="$(dirname "$target")/.couplet-incoming"
  if unpack_torch "$target"; then
    rm -rf "$target"
    mv "$incoming/site/torch" "$target"
  fi
  say "libtorch is in $target: build with COUPLET_TORCH=$target in the environment"
  header zlib.h && header vector || say "building needs g++ and the headers of zlib too (Debian, Ubuntu: g++ zlib1g-dev)"
}

# The one Python package that `import torch` needs beside the wheel.
install_typing_extensions() {
  local version="$typing_extensions_version"
  [ ! -e ".deps/typing_extensions-$version.dist-info" ] || return 0
  unpack "typing_extensions==$version" https://pypi.org/simple
  mv .deps/incoming/site/typing_extensions.py .deps/
  mv ".deps/incoming/site/typing_extensions-$version.dist-info" .deps/
}

# Arrow C++ comes out of pyarrow's wheel: its headers, and its libraries under the names that a linker looks for.
install_arrow() {
  [ "$(cat .deps/arrow/version 2> /dev/null)" != "$arrow_version" ] || return 0
  unpack "pyarrow==$arrow_version" https://pypi.org/simple
  local arrow=.deps/incoming/arrow library
  mkdir -p "$arrow/lib"
  mv .deps/incoming/site/pyarrow/include "$arrow/include"
  for library in arrow parquet; do
    mv .deps/incoming/site/pyarrow/lib$library.*[0-9]* "$arrow/lib/"
    case "$(uname)" in
      Darwin) ln -s "$(basename "$arrow"/lib/lib$library.*.dylib)" "$arrow/lib/lib$library.dylib" ;;
      *) ln -s "$(basename "$arrow"/lib/lib$library.so.*)" "$arrow/lib/lib$library.so" ;;
    esac
  done
  echo "$arrow_version" > "$arrow/version"
  rm -rf .deps/arrow
  mv "$arrow" .deps/
}

# The Python packages that PyTorch imports, and scikit-learn, for the benchmarks only; .deps/python/pins says which.
install_peer() {
  [ "$(cat .deps/python/pins 2> /dev/null)" != "${peer_packages[*]}" ] || return 0
  require_python
  say "installing the Python packages of the benchmarks' peers to .deps/python"
  rm -rf .deps/python.incoming
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --target .deps/python.incoming "${peer_packages[@]}" \
    || fail "cannot install ${peer_packages[*]} — check the network"
  echo "${peer_packages[*]}" > .deps/python.incoming/pins
  rm -rf .deps/python
  mv .deps/python.incoming .deps/python
}

# .deps/mpi/include and .deps/mpi/lib, links to the folders that mpicc names; false where there is no MPI.
link_mpi() {
  local flags include lib
  flags=" $(mpicc -show 2> /dev/null) " || return 1
  include=$(grep -o ' -I[^ ]*' <<< "$flags" | head -n 1 | cut -c 4-)
  lib=$(grep -o ' -L[^ ]*' <<< "$flags" | head -n 1 | cut -c 4-)
  include=${include:-/usr/include} lib=${lib:-/usr/lib}
  [ -e "$include/mpi.h" ] || return 1
  mkdir -p .deps/mpi
  ln -sfn "$include" .deps/mpi/include
  ln -sfn "$lib" .deps/mpi/lib
}

if [ "${1:-}" = --to ]; then
  install_torch_to "${2:-}"
  exit
fi
[ -e .build/release.yaml ] || [ -e .build/debug.yaml ] || require_swift
if [ "$(uname)" = Darwin ]; then install_packages_mac; else install_packages "${1:-}"; fi
if [ -n "${COUPLET_TORCH:-}" ]; then
  [ -e "$COUPLET_TORCH/include/ATen/ATen.h" ] && [ -d "$COUPLET_TORCH/lib" ] \
    || fail "COUPLET_TORCH=$COUPLET_TORCH holds no libtorch (include/ATen/ATen.h, lib) — point it to one, or unset it to download one"
else
  install_torch
  install_typing_extensions
fi
install_arrow
libraries=arrow,netcdf,images
! link_mpi || libraries+=,mpi
[ "$(cat .deps/with 2> /dev/null)" = "$libraries" ] || echo "$libraries" > .deps/with
[ "${1:-}" != --bench ] || install_peer
