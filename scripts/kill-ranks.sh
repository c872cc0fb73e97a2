#!/usr/bin/env bash
# Kills a rank of a training at a random moment, again and again: every run ends within 30 s, resumes, and ends with the same
# weights as one that was never killed.
#
#   scripts/kill-ranks.sh [TIMES] [RANKS]      100 times, 2 ranks
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
times=${1:-100} ranks=${2:-2}
couplet=$PWD/.build/release/couplet
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$couplet" simulate gaussian-field --count 2000 --seed 1 --out field -q > /dev/null
train() {
  mpirun -n "$ranks" --oversubscribe --bind-to none "$couplet" train --data gaussian-field:field --encoder-u mlp:32 \
    --encoder-v mlp:32 --dimension 4 --batch 200 --epochs 20 --threads 1 --out "$1" --resume -q > /dev/null 2> "$1.log"
}
start=$(date +%s%N)
train whole
whole=$((($(date +%s%N) - start) / 1000000))
echo "whole run: $whole ms on $ranks ranks"
for i in $(seq "$times"); do
  train run & job=$!
  sleep "$(awk -v w="$whole" -v r="$RANDOM" 'BEGIN { print w * r / 32768 / 1000 }')"
  # The ranks' own processes, found by mpirun's.
  victims=($(pgrep -P "$(pgrep -P $job -x mpirun || echo $job)" || true))
  [ ${#victims[@]} -eq 0 ] || kill -KILL "${victims[$((RANDOM % ${#victims[@]}))]}" 2> /dev/null || true
  killed=$(date +%s)
  wait $job || true
  [ $(($(date +%s) - killed)) -le 30 ] || { echo "run $i: took more than 30 s to end"; exit 1; }
  # The weights of the best epoch so far are there before the end.
  [ -e run/result.json ] || train run || { echo "run $i: does not resume"; cat run.log; exit 1; }
  cmp -s run/model.safetensors whole/model.safetensors || { echo "run $i: other weights"; exit 1; }
  rm -rf run
done
echo "$times kills: every run resumed and ended with the same weights"
