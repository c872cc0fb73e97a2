#!/usr/bin/env bash
# faults.sh [--quick | --every N] [NAME...]: makes every call to the system of a command that writes fail, one after
# another, and kills the command in place of each. Afterwards there must be one line and status 1 (or a result), what was
# there must be whole, old or new, and the same command must work, end as if nothing had happened, and leave nothing over.
# Then some of the larger requests for memory are refused, where a signal is allowed, too: Swift's own allocator ends the
# process. --quick takes four calls of each command and one request, --every N every Nth call. Needs a C compiler, Python
# and Linux; COUPLET names the command. Prints the totals; status 1 when something is not as said. NAMEs are those of the
# table below; all when none is given.
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
couplet=${COUPLET:-$here/.build/release/couplet}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
quick= every=1
case ${1:-} in
  --quick) quick=yes && shift ;;
  --every) every=$2 && shift 2 ;;
esac

encoders="--encoder-u linear --encoder-v linear --dimension 2"
declare -A commands=(
  [train]="train --resume --u u.npy --v v.npy $encoders --epochs 2 --batch 16 --out new -q"
  [resume]="train --resume --out run -q"
  [finetune]="finetune run --u u.npy --v labels.npy --epochs 2 --out tuned -q"
  [sample]="sample run --of u --given 0 -n 3 --out draws.npy --mean mean.npy --covariance covariance.npy -q"
  [evaluate]="evaluate run --diagnostics -q"
  [score]="score --u u.npy --v u.npy --report page.html -q"
  [tensorboard]="train --resume --tensorboard --u u.npy --v v.npy $encoders --epochs 2 --batch 16 --validation 0.2 --out new -q"
  [pair]="train --resume --u u.npy --v v.npy --tilting pair:width=8:blocks=1:negatives=3 --epochs 2 --batch 16 --out new -q"
  [tune]="tune --plan plan.json --out new -q"
  [retrieve-csv]="retrieve run --of u --given 0,1,2 --out answers.csv -q"
  [retrieve-parquet]="retrieve run --of u --given 0,1,2 --out answers.parquet -q"
  [classify-jsonl]="classify labelled --u u.npy --out answers.jsonl -q"
  [sample-parquet]="sample run --of u --given 0,1 -n 3 --out answers.parquet -q"
  [sample-chains]="sample run --of u --given 0 --method hmc --prior gaussian:0,1 --chains 2 --warm-up 4 -n 3 --out draws.npy --map mean.npy -q"
  [embed-npy]="embed run --u u.npy --out draws.npy -q"
  [embed-csv]="embed run --v v.npy --dims 1 --out answers.csv -q"
  [index]="retrieve run --of v --given 0 --gallery v.npy --gallery-index kept.index -q"
  [export]="export labelled --to exported -q"
  [figure]="reproduce figure1 --quick --out figures -q"
  [field]="simulate gaussian-field --count 20 --test 6 --seed 1 --out field"
  [ocean]="simulate ocean --count 4 --test 2 --steps 20 --record-every 5 --seed 1 --out ocean -q"
  [ocean-netcdf4]="simulate ocean --count 4 --test 2 --steps 20 --record-every 5 --format netcdf-4 --seed 1 --out ocean -q"
)
# What goes on with a command that was stopped, where the same one says that there is something already.
declare -A onward=([tune]="tune --resume --out new -q")
names=("$@")
((${#names[@]})) || mapfile -t names < <(printf '%s\n' "${!commands[@]}" | sort)

needs() { [[ " ${names[*]} " == *" $1 "* ]]; }

compiler=$(command -v cc || command -v clang) || { echo "faults.sh: no C compiler" >&2; exit 1; }
for library in faults forks; do
  "$compiler" -shared -fPIC -O1 -o $library.so "$here/Tests/Support/Faults/$library.c" -ldl || exit 1
done
head -c 8 /dev/zero > zero

# What is there before: data, a run, and what the commands replace.
mkdir base && cd base || exit 1
"$couplet" simulate gaussian-field --count 40 --test 8 --out field > /dev/null &&
  "$couplet" simulate ocean --count 6 --test 2 --steps 20 --record-every 5 --out ocean -q > /dev/null &&
  cp field/u.npy field/v.npy . &&
  printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (40,), }" > labels.npy &&
  for row in $(seq 40); do printf "\\x$(printf %02x $((row % 3)))"; done >> labels.npy &&
  "$couplet" train --u u.npy --v v.npy $encoders --epochs 2 --out run -q > /dev/null || exit 1
if needs classify-jsonl || needs export; then
  "$couplet" train --u u.npy --v labels.npy ${encoders/-v linear/-v embedding} --epochs 2 --out labelled -q > /dev/null &&
    "$couplet" export run --to exported -q > /dev/null || exit 1
fi
for name in draws.npy mean.npy covariance.npy page.html answers.{csv,parquet,jsonl}; do echo old > $name; done
if needs tune; then
  # A plan of the shortest trials that there can be.
  "$couplet" tune --u u.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 --tilting cosine --validation 0.2 \
    --budget 8s --out planned -q > /dev/null || exit 1
  python3 - << 'P' && rm -r planned || exit 1
import json

plan = json.load(open("planned/tune/plan.json"))
plan["stages"] = [{"count": 2, "steps": 4, "partings": 1}, {"count": 1, "steps": 8, "partings": 1}]
json.dump(plan, open("plan.json", "w"))
P
fi
cd ..

# The libraries of the command are loaded once, which takes most of the time of a short one.
coproc forks { FORKS_REQUESTS=yes LD_PRELOAD="$work/faults.so $work/forks.so" exec "$couplet"; }

# execute VARIABLES WORDS: the command in the folder `trial`; what it prints is in out and error.
execute() {
  local variables=($1) words=($2) texts exited signal
  texts=("$work/trial" "$work/out" "$work/error" ${#variables[@]} "${variables[@]}" "$couplet" "${words[@]}")
  printf '%s\0' ${#texts[@]} "${texts[@]}" >&"${forks[1]}"
  read -r -u "${forks[0]}" && read -r -u "${forks[0]}" exited signal _ || exit 1
  return $((signal ? 128 + signal : exited))
}

problems=0 trials=0 signals=0
# The status of the command in which a call was made to fail.
ended=0
complain() {
  problems=$((problems + 1))
  echo "$name, call $n, $how: $1" >&2
}

# Numbers of seconds differ from run to run; of a page it is enough that it is whole.
same() {
  case $1 in
    *.html) tail -n 1 "$2" | grep -q '</html>' || cmp -s "$1" "$2" ;;
    *.json | *.jsonl)
      [ "$(sed -E 's/"seconds" ?: ?[0-9.e+-]+//' "$1")" = "$(sed -E 's/"seconds" ?: ?[0-9.e+-]+//' "$2")" ]
      ;;
    # Products of matrices take another order of sums where they are refused their buffer.
    *.npy) cmp -s "$1" "$2" || { [ "$how" = memory ] && close "$1" "$2"; } ;;
    # Every value has its time. A training goes on, with a warning, where they cannot be written.
    */events.*)
      [ "$(wc -c < "$1")" = "$(wc -c < "$2")" ] ||
        { [[ $how == E* ]] && ((ended == 0 && $(wc -c < "$2") <= $(wc -c < "$1"))); }
      ;;
    *) cmp -s "$1" "$2" ;;
  esac
}

# Whether two arrays of float64 or float32 are the same but for rounding.
close() {
  python3 - "$1" "$2" << 'P' 2> /dev/null
import struct
import sys


def read(name):
    data = open(name, "rb").read()
    end = 10 + struct.unpack("<H", data[8:10])[0]
    size, code = (8, "d") if b"<f8" in data[:end] else (4, "f")
    return data[:end], struct.unpack(f"<{(len(data) - end) // size}{code}", data[end:])


(head, first), (other, second) = map(read, sys.argv[1:])
most = (1e-13 if b"<f8" in head else 1e-5) * max(map(abs, first), default=0)
sys.exit(head != other or any(abs(x - y) > most for x, y in zip(first, second)))
P
}

same_folder() {
  local file
  diff -rq "$1" "$2" > /dev/null && return
  [ "$how" = memory ] || return 1
  [ "$(cd "$1" && find . | sort)" = "$(cd "$2" && find . | sort)" ] || return 1
  while read -r file; do
    same "$1/$file" "$2/$file" || return 1
  done < <(cd "$1" && find . -type f)
}

sums() { (cd "$1" && find . -type f -exec sha1sum {} +) > "$1.sums"; }

# The files of a folder that are not, byte for byte, in `trial`.
changed() { (cd trial && sha1sum --quiet -c "../$1.sums" 2> /dev/null) | sed -n 's/: FAILED.*//p'; }

# The files of `base` are whole in `trial`: as they were, or as the command makes them.
check_whole() {
  local file
  while read -r file; do
    case $file in */.lock) continue ;; esac
    if [ ! -e "trial/$file" ]; then
      # A checkpoint that is being exchanged: the new one is whole beside.
      [[ $file == */checkpoint/* && -e trial/${file/checkpoint/checkpoint.new} ]] || complain "lost $file"
    else
      same "base/$file" "trial/$file" || same "after/$file" "trial/$file" || complain "damaged $file"
    fi
  done < <(changed base)
  for folder in field ocean exported; do
    [ -e base/$folder ] || continue
    same_folder base/$folder trial/$folder || same_folder after/$folder trial/$folder ||
      complain "$folder is neither the old nor the new one"
  done
}

check_again() {
  execute "" "${commands[$name]}"
  local status=$?
  if ((status != 0)) && [ "${onward[$name]:-}" ] && grep -q "already holds" error; then
    execute "" "${onward[$name]}"
    status=$?
  fi
  if ((status != 0)) && ! grep -q "already holds a run" error; then
    complain "the same command ends with status $status: $(cat error)"
    return
  fi
  local file
  while read -r file; do
    case $file in */.lock | *.html) continue ;; esac
    [ -e "trial/$file" ] && same "after/$file" "trial/$file" || complain "$file is not as without a failure"
  done < <(changed after)
  local left
  left=$(cd trial && find . -name '*.partial' -o -name '.incoming*' -o -name '*.new' -o -name '*.old')
  [ -z "$left" ] || complain "left over: $left"
}

run_with_fault() {
  rm -rf trial && cp -a base trial && cp zero count
  execute "FAULTS_ROOT=$work/trial FAULTS_COUNT=$work/count FAULTS_AT=$1 FAULTS_ERROR=$2 FAULTS_MEMORY=${3:-}" "${commands[$name]}"
}

calls() { od -An -t d8 count | tr -d ' '; }

trial() {
  n=$1 how=$2
  run_with_fault "$n" "$3" "${4:-}"
  ended=$?
  trials=$((trials + 1))
  # libhdf5 may end the process when a file cannot be closed.
  if { [ "$how" = memory ] || [ $name-$ended = ocean-netcdf4-139 ]; } && ((ended > 128)); then
    signals=$((signals + 1))
  elif [ "$how" = killed ]; then
    ((ended == 137)) || complain "status $ended"
  elif ((ended == 1 || ended == 64)); then
    (($(grep -c '^couplet: error: ' error) == 1 && $(grep -vc '^couplet: ' error) == 0)) ||
      complain "not one line: $(cat error)"
  elif ((ended != 0)); then
    complain "status $ended: $(tail -n 1 error)"
  fi
  check_whole
  check_again
}

sums base
for name in "${names[@]}"; do
  n=0 how=whole
  run_with_fault 0 5 || { cat error; exit 1; }
  rm -rf after && mv trial after && sums after
  total=$(calls) before=$trials
  if [ "$quick" ]; then
    trial $((total * 3 / 10)) EIO 5
    trial $((total * 6 / 10)) ENOSPC 28
    trial $((total * 9 / 10)) ENOSPC 28
    trial $((total * 8 / 10)) killed 0
  else
    for ((call = 1; call <= total; call += every)); do
      trial $call EIO 5
      trial $call ENOSPC 28
      trial $call killed 0
    done
  fi
  # Requests of 16 kB and more, some of them: they are as many as a training has steps.
  run_with_fault 0 5 16384 || { cat error; exit 1; }
  requests=$(calls) some=$([ "$quick" ] && echo 1 || echo 24)
  ((requests < some)) && some=$requests
  for ((k = 1; k <= some; k++)); do trial $((requests * k / (some + 1) + 1)) memory 12 16384; done
  echo "$name: $total calls, $requests requests for memory, $((trials - before)) trials"
done
((signals)) && echo "$signals ended by a signal, as is allowed where memory is refused or libhdf5 writes"
echo "$trials trials, $problems problems"
((problems == 0))
