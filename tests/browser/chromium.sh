#!/usr/bin/env bash
# Finds Chromium, or installs it where that needs no question: as root on Debian and its relatives.
set -euo pipefail

found() {
    local name
    [ -n "${CHROMIUM:-}" ] && return 0
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null && return 0
    done
    return 1
}

if ! found; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Chromium is missing: apt-get installs it."
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
    fi
    if ! found; then
        echo "!! Chromium is missing, so the pages cannot be tested in a browser." >&2
        echo "!! Install it (Debian: apt-get install chromium), or name it in the variable CHROMIUM." >&2
        exit 1
    fi
fi
