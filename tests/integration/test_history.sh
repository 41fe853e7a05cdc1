#!/bin/sh
# One history, told in every way: JSON, NDJSON, CSV, single items, names, the command line, the change feed, server-sent
# events, webhooks. HISTORY_SEED=N repeats a run.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build} exec python3 tests/integration/history.py
