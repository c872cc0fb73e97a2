#!/bin/sh
# Feeds a reader of module Files, or with --all one after the other, with mutated files under the address sanitizer.
#   scripts/fuzz.sh --all|idx|npy|npz|safetensors [SECONDS]
# Stops with status 0 after SECONDS (600 unless given, for each) without a finding. A finding is kept as
# .build/fuzz/READER-crash-…; run the program .build/fuzz/READER with its path to see it again.
set -eu
cd "$(dirname "$0")/.."

reader=${1:?usage: scripts/fuzz.sh --all|idx|npy|npz|safetensors [SECONDS]}
seconds=${2:-600}
case $reader in
  --all)
    for reader in idx npy npz safetensors; do scripts/fuzz.sh "$reader" "$seconds"; done
    exit ;;
  idx) target=IDXFuzz ;;
  npy) target=NpyFuzz ;;
  npz) target=NpzFuzz ;;
  safetensors) target=SafetensorsFuzz ;;
  *) echo "fuzz.sh: there is no reader '$reader': idx, npy, npz or safetensors" >&2; exit 64 ;;
esac

folder=.build/fuzz
mkdir -p "$folder/$reader-corpus"
swiftc -emit-executable -sanitize=fuzzer,address -parse-as-library -swift-version 6 -O -wmo -g \
  -Xcc -fmodule-map-file=Sources/CZlib/module.modulemap \
  -module-name Fuzz -package-name couplet -emit-module-path "$folder/$reader.swiftmodule" Sources/Files/*.swift Fuzz/OneLine.swift "Fuzz/$target.swift" \
  -o "$folder/$reader"
python3 Fuzz/seeds.py "$reader" "$folder/$reader-seeds"
exec "$folder/$reader" "$folder/$reader-corpus" "$folder/$reader-seeds" \
  -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
  -artifact_prefix="$folder/$reader-"
