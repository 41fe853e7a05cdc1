#!/usr/bin/env bash
# The whole gateway at its ceilings: restarts, reloads, a clock that is set; `make sim` runs a million commands.
exec "${BUILD:-build}/vnepp-sim" --rush 30000
