#!/usr/bin/env bash
# soak.sh [MINUTES] [FOLDER]: trainings that are killed at random moments and resumed, over the settings of
# scripts/soak.txt, until the time is over (10 minutes); weights and metrics must be those of a run never killed, bit for
# bit. COUPLET names the command. Prints the totals; status 1 when something differs.
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
minutes=${1:-10}
folder=${2:-$(mktemp -d)}
couplet=${COUPLET:-$here/.build/release/couplet}
end=$(($(date +%s) + 60 * minutes))
mkdir -p "$folder" && cd "$folder" || exit 1
log=$folder/soak.log
: > "$log"

train() { "$couplet" train "$@" --threads 1 -q > out.txt 2> error.txt; }

# Metrics without the seconds, which do differ.
metrics() { sed -E 's/"seconds":[0-9.e+-]+//' "$1/metrics.jsonl"; }

"$couplet" simulate gaussian-field --count 240 --test 40 --seed 1 --out field > /dev/null &&
  "$couplet" simulate ocean --count 48 --test 8 --drifters 2 --steps 40 --record-every 10 --out ocean -q > /dev/null &&
  cp field/u.npy field/v.npy . || exit 1
python3 - << 'P' || exit 1
import struct
header = "{'descr': '<i4', 'fortran_order': False, 'shape': (240,), }"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
with open("labels.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(struct.pack("<240i", *(row * 7 % 60 // 5 for row in range(240))))
P

# The number of epochs that take about two seconds: checkpoints are a second apart, and one comes at a signal.
epochs_of() {
  rm -rf probe
  train $1 --epochs 40 --evaluate-every 10 --out probe || return 1
  grep -o '"seconds":[0-9.e+-]*' probe/metrics.jsonl | tail -1 | cut -d: -f2 |
    awk '{ n = int(2 * 40 / ($1 + 1e-6)); print (n < 40 ? 40 : n > 20000 ? 20000 : n) }'
}

# Kills count once there is a run directory.
kills=0 runs=0 mismatches=0 failures=0
declare -A kills_by epochs
signals=(KILL KILL KILL TERM HUP)

report() {
  echo "$kills kills in $runs runs of ${#epochs[@]} settings, $mismatches mismatches, $failures failures"
  for name in "${!kills_by[@]}"; do printf '  %-20s %s kills\n' "$name" "${kills_by[$name]}"; done | sort
}

# A run that is killed until it ends, or was killed so often that it may end; then compared.
killed_run() {
  local name=$1 options=$2 tries=0 status
  rm -rf killed
  while ((tries++ < 16)); do
    "$couplet" train $options --epochs "${epochs[$name]}" --evaluate-every 10 --out killed --resume --threads 1 -q \
      > out.txt 2> error.txt &
    local process=$! signal=${signals[RANDOM % ${#signals[@]}]}
    sleep "$(awk -v r=$RANDOM 'BEGIN { print 0.05 + 2.2 * r / 32768 }')"
    kill "-$signal" $process 2> /dev/null
    wait $process 2> /dev/null
    status=$?
    ((status == 0)) && break
    if ((status == 1)) && ! grep -q "a checkpoint is saved" error.txt; then
      failures=$((failures + 1))
      echo "$name: $(cat error.txt)" | tee -a "$log"
      return
    fi
    [ -e killed/config.json ] || continue
    kills=$((kills + 1))
    kills_by[$name]=$((${kills_by[$name]:-0} + 1))
  done
  train $options --epochs "${epochs[$name]}" --evaluate-every 10 --out killed --resume || {
    failures=$((failures + 1))
    echo "$name: $(cat error.txt)" | tee -a "$log"
    return
  }
  runs=$((runs + 1))
  if ! cmp -s "whole-$name/model.safetensors" killed/model.safetensors ||
    [ "$(metrics "whole-$name")" != "$(metrics killed)" ]; then
    mismatches=$((mismatches + 1))
    echo "$name: not the bits of a run never killed; kept in $folder/mismatch-$mismatches" | tee -a "$log"
    cp -r killed "mismatch-$mismatches"
  fi
  report > report.txt
}

mapfile -t table < <(grep -v '^#' "$here/scripts/soak.txt")
while (($(date +%s) < end)); do
  for line in "${table[@]}"; do
    (($(date +%s) < end)) || break
    name=${line%%:*} options=${line#*: }
    if [ -z "${epochs[$name]:-}" ]; then
      epochs[$name]=$(epochs_of "$options")
      rm -rf "whole-$name"
      train $options --epochs "${epochs[$name]:-1}" --evaluate-every 10 --out "whole-$name" || {
        echo "$name: $(cat error.txt)"
        exit 1
      }
    fi
    killed_run "$name" "$options"
  done
done
report | tee report.txt
((mismatches + failures == 0))
