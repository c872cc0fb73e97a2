#!/bin/bash
# Writes the documentation of all that `import Couplet` brings to .build/docs, from the modules of the last release build
# and their doc comments. A warning is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

build=.build/release
graphs=.build/symbol-graphs
rm -rf "$graphs" .build/docs
mkdir -p "$graphs"

tool() { if command -v xcrun > /dev/null; then xcrun "$@"; else "$@"; fi; }

target=$(swift -print-target-info | sed -n '/"triple"/{s/.*: "\(.*\)".*/\1/p;q;}')
flags=(-target "$target" -I "$build/Modules")
if command -v xcrun > /dev/null; then flags+=(-sdk "$(xcrun --show-sdk-path)"); fi
# The C modules beneath: each has a map of its own, or the one that SwiftPM made for it.
for folder in Sources/C*/; do
  flags+=(-Xcc "-I${folder}include")
  for map in "$folder" "$folder/include" "$build/$(basename "$folder").build"; do
    if [ -e "$map/module.modulemap" ]; then
      flags+=(-Xcc "-fmodule-map-file=$map/module.modulemap")
      break
    fi
  done
done

# One graph, as users see one module: what Couplet exports is its own there.
exported=$(sed -n 's/^@_exported import //p' Sources/Couplet/Couplet.swift | paste -sd, -)
tool swift symbolgraph-extract -module-name Couplet "${flags[@]}" \
  -minimum-access-level public -skip-synthesized-members \
  "-experimental-allowed-reexported-modules=$exported" -output-dir "$graphs"

tool docc convert Sources/Couplet/Couplet.docc --additional-symbol-graph-dir "$graphs" \
  --fallback-display-name Couplet --fallback-bundle-identifier couplet \
  --fallback-default-module-kind Package --warnings-as-errors --output-dir .build/docs

echo "To read it: python3 -m http.server -d .build/docs, then http://localhost:8000/documentation/couplet"
