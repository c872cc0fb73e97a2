#!/usr/bin/env bash
# The checks that take too long for `make test`, one after the other; each fails when it misses a bar, and the rest go on.
#
#   scripts/check-long.sh [--quick] [NAME...]      all of them when none is named
#
#   large        two files of 20 GB: memory, speed, start of training (20 minutes, 44 GB of disk in COUPLET_LONG)
#   large-ranks  20 GB of arrays and 8 GB out of 16 Parquet files on two ranks: memory (10 minutes, 22 GB of disk; needs MPI)
#   faults       every call to the system of every command that writes fails once, or the command is killed there (an hour)
#   soak         trainings that are killed and resumed, over all settings, bit for bit (four hours: over 1,000 kills)
#   ranks        ranks of a training that are killed, 100 times (15 minutes; needs MPI)
#   mutate       10,000 commands on mutated inputs (an hour)
#   fuzz         every reader, ten minutes each
#   verdict      "nothing was learned" said where it is so, over 3 x 200 seeds (three hours)
#   information  coverage of the intervals of information, over 2,000 draws (two hours)
#   sanitize     all tests under the address and the undefined-behaviour sanitizers (half an hour)
#   install      an installed folder, moved (5 minutes)
#   dependency   a package that depends on this one by URL and version (10 minutes)
#
# --quick takes some minutes in all, to see that each one runs; bars that need many repetitions then say little. Python
# needs numpy, for `large-ranks` pyarrow, and for `mutate` also pyarrow, Pillow, netCDF4 and h5py. What a check printed is in
# .build/check-long/NAME.log.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quick=
[ "${1:-}" = --quick ] && quick=yes && shift
all=(large large-ranks faults soak ranks mutate fuzz verdict information sanitize install dependency)
names=("${@:-${all[@]}}")
export PYTHONPATH=.deps:.deps/python${PYTHONPATH:+:$PYTHONPATH}
logs=$PWD/.build/check-long
mkdir -p "$logs"

# either QUICK FULL: the one that is asked for.
either() { [ -n "$quick" ] && echo "$1" || echo "$2"; }

check() {
  case $1 in
    large) [ -n "$quick" ] && echo "left out: there is no quick form" || python3 scripts/check-long.py ;;
    large-ranks) [ -n "$quick" ] && echo "left out: there is no quick form" || python3 scripts/check-long.py ranks ;;
    faults) scripts/faults.sh $(either --quick '') ;;
    soak) scripts/soak.sh "$(either 1 240)" ;;
    ranks) scripts/kill-ranks.sh "$(either 2 100)" ;;
    mutate) python3 scripts/mutate_command.py "$(either 50 10000)" --loaded-once ;;
    fuzz) scripts/fuzz.sh $(either "npy 20" "all 10") ;;
    verdict)
      python3 scripts/check-verdict.py "$(either 1 200)" --out "$(either "$logs/verdict" results/verdict)"
      ;;
    information)
      swift build -c release --product Benchmark &&
        .build/release/Benchmark information "$(either 20 2000)" "$logs/information.json"
      ;;
    sanitize) make sanitize && make sanitize SANITIZER=undefined ;;
    install) scripts/check-install.sh ;;
    dependency) scripts/check-dependency.sh ;;
    *)
      echo "check-long: error: there is no check '$1' — name one of ${all[*]}" >&2
      return 64
      ;;
  esac
}

for name in "${names[@]}"; do
  [[ " ${all[*]} " == *" $name "* ]] || { check "$name"; exit 64; }
done
failed=0
for name in "${names[@]}"; do
  began=$SECONDS
  if check "$name" > "$logs/$name.log" 2>&1; then result=passed; else result=FAILED failed=1; fi
  printf '%-12s %s after %d s: %s\n' "$name" "$result" $((SECONDS - began)) "$(tail -n 1 "$logs/$name.log")"
done
exit $failed
