#!/usr/bin/env bash
# Scheduler and limiters alone, in virtual time; `make sim` runs a hundred million commands.
exec "${BUILD:-build}/vnepp-proof" --commands 2000000
