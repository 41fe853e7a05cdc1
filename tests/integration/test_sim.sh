#!/usr/bin/env bash
# 1,000 seeds of the simulation; a failing one is printed and replays exactly.
exec "${BUILD:-build}/vnepp-sim" --seeds "${SIM_SEEDS:-1000}"
