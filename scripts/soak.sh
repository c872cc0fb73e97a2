#!/usr/bin/env bash
# soak.sh [MINUTES] [FOLDER]: trainings that are killed at random moments and resumed, over the settings of
# scripts/soak.txt, until the time is over (10 minutes); weights and metrics, and the trials of a tuning, must be those of a
# run never killed, bit for bit. COUPLET names the command, SETTINGS the rows of the table to take, all without it. Prints
# the totals, which are in FOLDER/report.txt after every run; status 1 when something differs.
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
minutes=${1:-10}
folder=${2:-$(mktemp -d)}
couplet=${COUPLET:-$here/.build/release/couplet}
end=$(($(date +%s) + 60 * minutes))
mkdir -p "$folder" && cd "$folder" || exit 1
log=$folder/soak.log
: > "$log"

learn() { "$couplet" "$@" --threads 1 -q > out.txt 2> error.txt; }

# words_of ROW EPOCHS: the words of a row, the command first. Trainings are not stopped early, unless their row says so.
words_of() {
  local words=$1
  if [[ $words != tune* ]]; then
    words="train $words --epochs $2 --evaluate-every 10"
    [[ $words == *--patience* ]] || words+=" --patience none"
  fi
  echo "$words"
}

# Metrics without the seconds, which do differ.
metrics() { sed -E 's/"seconds":[0-9.e+-]+//' "$1/metrics.jsonl"; }

"$couplet" simulate gaussian-field --count 240 --test 40 --seed 1 --out field > /dev/null &&
  "$couplet" simulate ocean --count 48 --test 8 --drifters 2 --steps 40 --record-every 10 --out ocean -q > /dev/null &&
  cp field/u.npy field/v.npy . && cp "$here/Tests/EncodersTests/Fixtures/torchscript.pt" network.pt || exit 1
python3 - << 'P' || exit 1
import random
import struct

r = random.Random(0)


def save(name, code, shape, values):
    header = f"{{'descr': '<{code}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    with open(name, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}{'i' if code == 'i4' else 'd'}", *values))


def normal(count):
    return [r.gauss(0, 1) for _ in range(count)]


save("labels.npy", "i4", (240,), [row * 7 % 60 // 5 for row in range(240)])
save("images.npy", "f8", (240, 1, 4, 5), normal(240 * 20))
save("pictures.npy", "f8", (240, 1, 8, 8), normal(240 * 64))
few = normal(360)
save("few-u.npy", "f8", (120, 3), few)
save("few-v.npy", "f8", (120, 3), [x + 0.3 * r.gauss(0, 1) for x in few])
words = [f"w{k}" for k in range(40)]
with open("texts.txt", "w") as file:
    file.writelines(" ".join(r.sample(words, 6)) + f" {row}\n" for row in range(240))
with open("gaps.csv", "w") as file:
    file.write("a,b,c\n")
    file.writelines(",".join("" if r.random() < 0.1 else f"{x:.4f}" for x in normal(3)) + "\n" for _ in range(240))
P

# The number of epochs that take about two seconds: checkpoints are a second apart, and one comes at a signal.
epochs_of() {
  [[ $1 == tune* ]] && echo 1 && return
  rm -rf probe
  learn $(words_of "$1" 40) --out probe || return 1
  grep -o '"seconds":[0-9.e+-]*' probe/metrics.jsonl | tail -1 | cut -d: -f2 |
    awk '{ n = int(2 * 40 / ($1 + 1e-6)); print (n < 40 ? 40 : n > 20000 ? 20000 : n) }'
}

# Kills count once there is a run directory.
kills=0 runs=0 mismatches=0 failures=0
declare -A kills_by epochs seconds
signals=(KILL KILL KILL TERM HUP)

report() {
  echo "$kills kills in $runs runs of ${#epochs[@]} settings, $mismatches mismatches, $failures failures"
  for name in "${!kills_by[@]}"; do printf '  %-20s %s kills\n' "$name" "${kills_by[$name]}"; done | sort
}

# A run that is killed until it ends, or was killed so often that it may end; then compared.
killed_run() {
  local name=$1 tries=0 trials=tune/trials.jsonl status words
  words="$(words_of "$2" "${epochs[$name]}") --resume"
  # The plan of the tuning that was not killed: a plan goes by the time that was measured.
  [[ $2 == tune* ]] && words="tune --plan whole-$name/tune/plan.json"
  rm -rf killed
  while ((tries++ < 16)); do
    [ -e killed/tune/plan.json ] && words="tune --resume"
    "$couplet" $words --out killed --threads 1 -q > out.txt 2> error.txt &
    local process=$! signal=${signals[RANDOM % ${#signals[@]}]}
    # At any moment of a training, loading and the end included, however slow the machine is; of long ones in the first 6 s.
    sleep "$(awk -v r=$RANDOM -v s="${seconds[$name]}" 'BEGIN { s *= 1.1; print 0.05 + (s > 6 ? 6 : s) * r / 32768 }')"
    kill "-$signal" $process 2> /dev/null
    wait $process 2> /dev/null
    status=$?
    ((status == 0)) && break
    if ((status == 1)) && ! grep -q "a checkpoint is saved\|error: interrupted" error.txt; then
      failures=$((failures + 1))
      echo "$name: $(cat error.txt)" | tee -a "$log"
      return
    fi
    [ -e killed/config.json ] || [ -e killed/tune/plan.json ] || continue
    kills=$((kills + 1))
    kills_by[$name]=$((${kills_by[$name]:-0} + 1))
  done
  [ -e killed/tune/plan.json ] && words="tune --resume"
  learn $words --out killed || {
    failures=$((failures + 1))
    echo "$name: $(cat error.txt)" | tee -a "$log"
    return
  }
  runs=$((runs + 1))
  if ! cmp -s "whole-$name/model.safetensors" killed/model.safetensors ||
    [ "$(metrics "whole-$name")" != "$(metrics killed)" ] ||
    { [ -e "whole-$name/$trials" ] && ! cmp -s "whole-$name/$trials" "killed/$trials"; }; then
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
    [ -z "${SETTINGS:-}" ] || [[ " $SETTINGS " == *" $name "* ]] || continue
    if [ -z "${epochs[$name]:-}" ]; then
      epochs[$name]=$(epochs_of "$options")
      rm -rf "whole-$name"
      began=$EPOCHREALTIME
      learn $(words_of "$options" "${epochs[$name]:-1}") --out "whole-$name" || {
        echo "$name: $(cat error.txt)"
        exit 1
      }
      seconds[$name]=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
    fi
    killed_run "$name" "$options"
  done
done
report | tee report.txt
((mismatches + failures == 0))
