#!/bin/sh
# Feeds a reader of module Files with mutated files under the address sanitizer.
#   scripts/fuzz.sh idx|npy|safetensors [SECONDS]
# Stops with status 0 after SECONDS (600 unless given) without a finding. A finding is kept as
# .build/fuzz/READER-crash-…; run the program .build/fuzz/READER with its path to see it again.
set -eu
cd "$(dirname "$0")/.."

reader=${1:?usage: scripts/fuzz.sh idx|npy|safetensors [SECONDS]}
seconds=${2:-600}
case $reader in
  idx) target=IDXFuzz ;;
  npy) target=NpyFuzz ;;
  safetensors) target=SafetensorsFuzz ;;
  *) echo "fuzz.sh: there is no reader '$reader': idx, npy or safetensors" >&2; exit 64 ;;
esac

folder=.build/fuzz
mkdir -p "$folder/$reader-corpus"
swiftc -emit-executable -sanitize=fuzzer,address -parse-as-library -swift-version 6 -O -wmo -g \
  -Xcc -fmodule-map-file=Sources/CZlib/module.modulemap \
  -module-name Fuzz -emit-module-path "$folder/$reader.swiftmodule" Sources/Files/*.swift Fuzz/OneLine.swift "Fuzz/$target.swift" \
  -o "$folder/$reader"
python3 Fuzz/seeds.py "$reader" "$folder/$reader-seeds"
exec "$folder/$reader" "$folder/$reader-corpus" "$folder/$reader-seeds" \
  -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
  -artifact_prefix="$folder/$reader-"
