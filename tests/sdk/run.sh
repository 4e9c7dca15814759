#!/usr/bin/env bash
# Installs the official Python SDK into a throw-away environment and drives it against a local platform, and through
# relays in front of it: one with a spool, and one on NATS JetStream.
# Exit code 77 says that nothing was tested, since Python or the package index is out of reach.
#
#   SDK_VERSION=2.0.537 tests/sdk/run.sh    # another version than the one of the contract
#   SDK_RECORD=xpander-report-local/tests/support/sdk.jsonl tests/sdk/run.sh
#                                           # records what xpander-report-local/tests/sdk_recorded.rs sends again
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() {
    echo "NOT TESTED: $*" >&2
    exit 77
}

command -v python3 >/dev/null || skip "python3 is missing"

folder=$(mktemp -d)
platform=
relay=
nats=
stop() {
    if [ -n "$relay" ]; then
        kill "$relay" || true
        wait "$relay" || true
    fi
    if [ -n "$nats" ]; then
        kill "$nats" || true
        wait "$nats" || true
    fi
    # The platform stops when its standard input ends.
    exec 3>&- || true
    if [ -n "$platform" ]; then wait "$platform" || true; fi
    rm -rf "$folder"
}
trap stop EXIT

python3 -m venv "$folder/venv" || skip "python3 cannot make an environment (Debian: apt-get install python3-venv)"
# pip alone takes very long to find versions that fit together.
"$folder/venv/bin/pip" install --quiet uv ||
    skip "the Python package index cannot be reached"
index=$("$folder/venv/bin/pip" config get global.index-url 2>/dev/null || true)
"$folder/venv/bin/uv" pip install --quiet --python "$folder/venv/bin/python" \
    ${index:+--index-url "$index"} "xpander-sdk[agno]==${SDK_VERSION:-2.0.537}" prometheus-client ||
    skip "the official SDK cannot be installed from the Python package index"

# The default members together, as `cargo test` builds them: cargo then builds nothing a second time.
cargo build --quiet --example serve --bin xpander-report
serve="${CARGO_TARGET_DIR:-target}/debug/examples/serve"
mkfifo "$folder/in" "$folder/out"
"$serve" "$folder/tasks.db" <"$folder/in" >"$folder/out" &
platform=$!
exec 3>"$folder/in"
read -r url <"$folder/out"

# Nothing of your own set-up takes part.
for variable in $(compgen -e XPANDER_) IS_STG; do
    unset "$variable"
done
XPANDER_BASE_URL="$url" XPANDER_API_KEY=any XPANDER_ORGANIZATION_ID=local \
    "$folder/venv/bin/python" tests/sdk/drive.py

# Drives a relay that keeps waiting reports as the arguments say.
through_relay() {
    rm -f "$folder/relay"
    mkfifo "$folder/relay"
    XPANDER_BASE_URL="$url" XPANDER_API_KEY=any \
        "${CARGO_TARGET_DIR:-target}/debug/xpander-report" relay --port 0 "$@" >"$folder/relay" &
    relay=$!
    read -r said <"$folder/relay"
    XPANDER_BASE_URL="${said#The relay runs at }" XPANDER_API_KEY=any PLATFORM_URL="$url" \
        "$folder/venv/bin/python" tests/sdk/relay.py
    kill "$relay"
    wait "$relay" || true
    relay=
}

through_relay --spool "$folder/spool"

# Debian keeps servers where users do not look.
PATH="$PATH:/usr/sbin"
command -v nats-server >/dev/null || skip "the SDK through a relay on NATS: nats-server is missing"
nats-server --jetstream --store_dir "$folder/nats" --addr 127.0.0.1 --port -1 --ports_file_dir "$folder" 2>/dev/null &
nats=$!
until ports=$(cat "$folder"/nats-server_*.ports 2>/dev/null) && [ -n "$ports" ]; do sleep 0.1; done
through_relay --nats "$(grep -o 'nats://127[^"]*' <<<"$ports")"
