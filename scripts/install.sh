#!/usr/bin/env bash
# Puts the command that 'make build' built into a folder that can be moved, with all libraries it needs but those of
# glibc and libstdc++, which every Linux of the same age or younger has:
#
#   scripts/install.sh PREFIX
#
#   PREFIX/bin/couplet             finds its libraries from where it lies
#   PREFIX/lib/couplet/            Swift's runtime, libtorch, Arrow, netCDF, and what these need
#   PREFIX/share/man/man1/, PREFIX/share/{bash-completion,zsh,fish}/    made from the command's declarations
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { printf 'install: error: %s\n' "$*" >&2; exit 1; }
[ $# -eq 1 ] && [ -n "$1" ] || fail "no folder is given — make install PREFIX=DIR"
[ "$(uname)" = Linux ] || fail "this works on Linux only — on macOS run .build/release/couplet where it was built"
command -v patchelf > /dev/null || fail "patchelf is not on the PATH — install it (Debian, Ubuntu: apt-get install patchelf)"
readonly built=.build/release/couplet
[ -x "$built" ] || fail "there is no $built — make build"
mkdir -p "$1" || fail "cannot make the folder $1"
prefix=$(cd "$1" && pwd)
readonly prefix

# What a system has, whatever else it has: the parts of glibc, and the C++ runtime of its compiler.
readonly systems='^(linux-vdso|ld-linux.*|libc|libm|libdl|libpthread|librt|libresolv|libutil|libanl|libnsl|libstdc\+\+|libgcc_s)\.so'

missing=$(ldd "$built" | sed -n 's/^\s*\(.*\) => not found/\1/p')
[ -z "$missing" ] || fail "not found: $missing — make build again"

# The libraries are made ready beside, and take the place of an earlier installation's as a whole.
fresh=$prefix/lib/.couplet.$$
trap 'rm -rf "$fresh"' EXIT
mkdir -p "$prefix/bin" "$fresh"
ldd "$built" | sed -n 's/^\s*\(\S*\) => \(\S*\) .*/\1 \2/p' | while read -r name path; do
  [[ $name =~ $systems ]] && continue
  cp -L "$path" "$fresh/$name"
  chmod 755 "$fresh/$name"
  [ "$(patchelf --print-rpath "$fresh/$name")" = '$ORIGIN' ] || patchelf --set-rpath '$ORIGIN' "$fresh/$name"
done
cp "$built" "$fresh/couplet"
patchelf --set-rpath '$ORIGIN/../lib/couplet' "$fresh/couplet"

rm -rf "$prefix/lib/couplet"
mv "$fresh/couplet" "$prefix/bin/.couplet.$$"
mv "$fresh" "$prefix/lib/couplet"
mv "$prefix/bin/.couplet.$$" "$prefix/bin/couplet"

# write FILE WORDS…: what the command prints, in a file below share.
write() {
  mkdir -p "$(dirname "$prefix/share/$1")"
  "$prefix/bin/couplet" "${@:2}" > "$prefix/share/$1"
}
write man/man1/couplet.1 manual
write bash-completion/completions/couplet completion bash
write zsh/site-functions/_couplet completion zsh
write fish/vendor_completions.d/couplet.fish completion fish

"$prefix/bin/couplet" doctor
printf 'install: %s/bin/couplet (%s in all); the folder can be moved\n' "$prefix" "$(du -sh "$prefix" | cut -f1)" >&2
