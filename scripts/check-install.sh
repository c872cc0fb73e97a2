#!/usr/bin/env bash
# Tries what 'make install' makes: installs into a folder, moves it, and with nothing of this checkout in reach of the
# loader trains, evaluates and draws a page from there. Prints one line a check; the first that fails ends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { printf 'check-install: error: %s\n' "$*" >&2; exit 1; }
say() { printf 'check-install: %s\n' "$*"; }

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
scripts/install.sh "$place/first" > /dev/null
mkdir "$place/elsewhere"
mv "$place/first" "$place/elsewhere/moved"
moved=$place/elsewhere/moved

for file in "$moved/bin/couplet" "$moved"/lib/couplet/*; do
  path=$(readelf -d "$file" | sed -n 's/.*R\(UN\)\{0,1\}PATH.*\[\(.*\)\]/\2/p')
  case ":$path" in *:/*) fail "$file looks for libraries in $path" ;; esac
done
say "no absolute path among $(ls "$moved/lib/couplet" | wc -l) libraries"

outside=$(env -i ldd "$moved/bin/couplet" | sed -n 's/.* => \(\/\S*\) .*/\1/p' | grep -v "^$moved/" \
  | grep -Ev '/(libc|libm|libdl|libpthread|librt|libresolv|libutil|libanl|libnsl|libstdc\+\+|libgcc_s)\.so' || true)
[ -z "$outside" ] || fail "libraries from outside the folder: $outside"
say "only glibc and libstdc++ come from the system"

run() { env -i PATH=/usr/bin:/bin HOME="$place" TMPDIR="$place" "$moved/bin/couplet" "$@" --quiet > /dev/null; }
run simulate gaussian-field --count 2000 --seed 0 --out "$place/field"
run train --data "gaussian-field:$place/field" --tilting inner-product --dimension 5 --out "$place/run"
run evaluate "$place/run" --diagnostics
[ -s "$place/run/report.html" ] || fail "no page was written"
say "trained, evaluated and drew a page"

for file in man/man1/couplet.1 bash-completion/completions/couplet zsh/site-functions/_couplet fish/vendor_completions.d/couplet.fish; do
  [ -s "$moved/share/$file" ] || fail "share/$file is missing"
done
say "manual and completion are there; $(du -sh "$moved" | cut -f1) in all"
