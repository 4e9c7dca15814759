#!/usr/bin/env bash
# Passes all tests. Installs nothing: cargo brings what it needs, and what it cannot bring is named here.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v cargo >/dev/null; then
    echo "cargo is missing: install Rust 1.89 or newer, see https://rustup.rs" >&2
    exit 1
fi
if ! command -v cc >/dev/null; then
    echo "cc is missing: install a C compiler (Debian: apt-get install gcc libc6-dev)" >&2
    exit 1
fi

# Nothing of your own set-up takes part.
for variable in $(compgen -e XPANDER_) $(compgen -e OPENAI_) IS_STG; do
    unset "$variable"
done

# Without full debug information the build takes half the time and disk.
export CARGO_PROFILE_DEV_DEBUG="${CARGO_PROFILE_DEV_DEBUG:-line-tables-only}"

# The facade first: what a library gets that switches HTTP off.
cargo test -p xpander-report --no-default-features
cargo test -p example-library
cargo test
