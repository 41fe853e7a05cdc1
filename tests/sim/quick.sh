#!/usr/bin/env bash
# Seeds enough for a sanitizer build, which is ten times as slow.
exec "${BUILD:-build}/vnepp-sim" --seeds "${SIM_SEEDS:-60}"
