#!/usr/bin/env bash
# Starts a fleet on this machine, as plain processes on loopback: three NATS servers, two relays, the local platform and
# two workers that report tasks. It needs Rust and nats-server (Debian: apt-get install nats-server). Ctrl-C ends all.
#
#   examples/fleet/run.sh
#
# FOLDER: the folder of logs and data; by default a new one.
# PROGRAM: the xpander-report to run; by default the script builds it.
# PORTS: nine ports, of the platform, the two relays, the three servers, and the three between the servers.
# TASKS: how many tasks each worker reports; by default there is no end.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Debian keeps servers where users do not look.
PATH="$PATH:/usr/sbin"
if ! command -v nats-server >/dev/null; then
    echo "nats-server is missing: install it (Debian: apt-get install nats-server; macOS: brew install nats-server)" >&2
    exit 1
fi
folder="${FOLDER:-$(mktemp -d)}"
if [ -z "${PROGRAM:-}" ]; then
    cargo build --quiet --bin xpander-report
    PROGRAM="${CARGO_TARGET_DIR:-target}/debug/xpander-report"
fi
read -r platform relay_1 relay_2 nats_1 nats_2 nats_3 route_1 route_2 route_3 \
    <<<"${PORTS:-9726 9727 9728 4222 4223 4224 6222 6223 6224}"
for variable in $(compgen -e XPANDER_); do
    unset "$variable"
done

pids=()
stop() {
    trap - EXIT
    kill "${pids[@]}" 2>/dev/null || true
    wait
}
trap stop EXIT
trap exit INT TERM

# Starts a process in the background, with its log and its number in files.
start() {
    local name=$1
    shift
    "$@" >"$folder/$name.log" 2>&1 &
    pids+=($!)
    echo $! >"$folder/$name.pid"
}

# Waits until something answers there.
answers() {
    for _ in $(seq 600); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
            return
        fi
        sleep 0.1
    done
    echo "nothing answers on port $1; see the logs in $folder" >&2
    exit 1
}

server() {
    cat >"$folder/nats-$1.conf" <<END
server_name: "nats-$1"
listen: "127.0.0.1:$2"
jetstream { store_dir: "$folder/nats-$1" }
max_payload: 8MB
cluster {
    name: fleet
    listen: "127.0.0.1:$3"
    routes: ["nats-route://127.0.0.1:$route_1", "nats-route://127.0.0.1:$route_2", "nats-route://127.0.0.1:$route_3"]
}
END
    start "nats-$1" nats-server -c "$folder/nats-$1.conf"
}

relay() {
    XPANDER_BASE_URL="http://127.0.0.1:$platform" XPANDER_API_KEY=local start "relay-$1" \
        "$PROGRAM" relay --port "$2" --replicas 3 \
        --nats "nats://127.0.0.1:$nats_1,nats://127.0.0.1:$nats_2,nats://127.0.0.1:$nats_3"
}

# Reports one task after the other, each to the relay that takes it: what a load balancer does.
worker() {
    local number=0 url
    export XPANDER_API_KEY=any XPANDER_AGENT_ID="agent-$1"
    while [ "$number" -lt "${TASKS:-1000000000}" ]; do
        number=$((number + 1))
        until
            for port in "$relay_1" "$relay_2"; do
                url="http://127.0.0.1:$port"
                XPANDER_BASE_URL=$url "$PROGRAM" send --id "worker-$1-$number" --input "Question $number" \
                    --result "Answer $number" >>"$folder/worker-$1.log" 2>&1 && break
            done
        do
            sleep 0.2
        done
        sleep 0.5
    done
    echo "worker $1 has reported $number tasks"
}

server 1 "$nats_1" "$route_1"
server 2 "$nats_2" "$route_2"
server 3 "$nats_3" "$route_3"
for port in "$nats_1" "$nats_2" "$nats_3"; do
    answers "$port"
done
start platform "$PROGRAM" local --port "$platform" --ephemeral
answers "$platform"
# The first one makes the streams, as soon as the servers have found each other.
for relay in 1 2; do
    port="relay_$relay"
    for _ in $(seq 30); do
        relay "$relay" "${!port}"
        sleep 1
        if kill -0 "${pids[-1]}" 2>/dev/null; then
            break
        fi
    done
    answers "${!port}"
done

cat <<END
The page with the tasks is http://127.0.0.1:$platform
Who forwards:              XPANDER_API_KEY=any $PROGRAM relay status --url http://127.0.0.1:$relay_1
Logs and process numbers:  $folder
Try it: kill the relay that forwards and one server, and no task is missing:
                           kill -9 \$(cat $folder/relay-1.pid) \$(cat $folder/nats-2.pid)
END
worker 1 &
workers=($!)
worker 2 &
workers+=($!)
pids+=("${workers[@]}")
wait "${workers[@]}"
if [ -n "${TASKS:-}" ]; then
    echo "All tasks are reported. Ctrl-C ends the rest."
    sleep 1000000 &
    pids+=($!)
    wait $!
fi
