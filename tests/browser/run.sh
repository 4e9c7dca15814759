#!/usr/bin/env bash
# Tests the pages in a real browser.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests/browser/chromium.sh
cargo test -p xpander-report-tests-browser
