#!/bin/sh
# Feeds readers of module Files, and that of classic NetCDF, with mutated files under the address sanitizer; then settings,
# runs and the readers over other libraries by scripts/mutate.py.
#   scripts/fuzz.sh READER [SECONDS]     gzip, idx, netcdf, npy, npz or safetensors
#   scripts/fuzz.sh all [MINUTES]        every one of them, and of those of mutate.py, for so long each
# Stops with status 0 after SECONDS (600 unless given) without a finding. A finding is kept as
# .build/fuzz/READER-crash-…; run the program .build/fuzz/READER with its path to see it again.
# The corpus grows in .build/fuzz/READER-corpus; words of a format are in Fuzz/READER.dict.
set -eu
cd "$(dirname "$0")/.."

usage="gzip, idx, netcdf, npy, npz, safetensors, or all"
reader=${1:?usage: scripts/fuzz.sh READER [SECONDS], where READER is $usage}
if [ "$reader" = all ]; then
  seconds=$((${2:-10} * 60))
  for reader in gzip idx netcdf npy npz safetensors; do scripts/fuzz.sh "$reader" "$seconds"; done
  for reader in text config run csv parquet feather arrow png jpeg; do python3 scripts/mutate.py "$reader" "$seconds"; done
  exit
fi
seconds=${2:-600}
extra=""
case $reader in
  gzip) target=GzipFuzz ;;
  idx) target=IDXFuzz ;;
  npy) target=NpyFuzz ;;
  npz) target=NpzFuzz ;;
  safetensors) target=SafetensorsFuzz ;;
  netcdf)
    target=NetCDFFuzz
    folder=Sources/SampleReaders/NetCDF
    extra="$folder/ClassicHeader.swift $folder/Extent.swift $folder/NetCDF.swift $folder/NetCDFType.swift $folder/NetCDFFile.swift
      $folder/NetCDFFile+Data.swift -Xcc -fmodule-map-file=Sources/CNetCDF/module.modulemap -lnetcdf" ;;
  *) echo "fuzz.sh: there is no reader '$reader': $usage" >&2; exit 64 ;;
esac

folder=.build/fuzz
mkdir -p "$folder/$reader-corpus"
# The C in module Files, which SwiftPM builds as a module of its own.
echo "module CFiles { header \"$PWD/Sources/CFiles/include/cfiles.h\" }" > "$folder/CFiles.modulemap"
objects=""
for source in Sources/CFiles/*.c; do
  object=$folder/$(basename "$source" .c).o
  clang -c -O2 -g -fsanitize=address,fuzzer-no-link -I Sources/CFiles/include "$source" -o "$object"
  objects="$objects $object"
done
# The module has the name that readers elsewhere import.
swiftc -emit-executable -sanitize=fuzzer,address -parse-as-library -swift-version 6 -O -wmo -g \
  -Xcc -fmodule-map-file=Sources/CZlib/module.modulemap -Xcc -fmodule-map-file="$folder/CFiles.modulemap" \
  -module-name Files -package-name couplet -emit-module-path "$folder/$reader.swiftmodule" $extra \
  Sources/Files/*.swift Sources/Files/TextForm/*.swift Fuzz/OneLine.swift "Fuzz/$target.swift" $objects -o "$folder/$reader"
python3 Fuzz/seeds.py "$reader" "$folder/$reader-seeds"
words=""
if [ -f "Fuzz/$reader.dict" ]; then words="-dict=Fuzz/$reader.dict"; fi
exec "$folder/$reader" "$folder/$reader-corpus" "$folder/$reader-seeds" $words \
  -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
  -artifact_prefix="$folder/$reader-"
