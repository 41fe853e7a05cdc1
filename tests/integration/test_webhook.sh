#!/bin/sh
# vnepp-webhookd with the real daemon and real HTTPS receivers, friendly and hostile ones, killed in between.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build} exec python3 tests/integration/webhook.py
