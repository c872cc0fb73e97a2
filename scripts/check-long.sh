#!/usr/bin/env bash
# The checks that take too long for `make test`; each prints its table, and fails when it misses a bar.
#   scripts/check-long.sh     data in $COUPLET_LONG (.build/long unless it is given), removed at the end
set -euo pipefail
cd "$(dirname "$0")/.."

export PYTHONPATH=.deps:.deps/python${PYTHONPATH:+:$PYTHONPATH}
python3 -c 'import numpy' 2> /dev/null || {
  echo "check-long: error: Python has no numpy — install it, or run scripts/setup.sh --bench" >&2
  exit 1
}
python3 scripts/check-long.py
