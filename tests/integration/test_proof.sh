#!/usr/bin/env bash
# Scheduler and limiters alone, in virtual time, judged from the history; `make sim` runs a hundred million commands.
exec "${BUILD:-build}/vnepp-proof" --commands 2000000
