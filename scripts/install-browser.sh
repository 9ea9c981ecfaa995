#!/usr/bin/env bash
# Gets what opens the report in the tests: a Chromium of the system and, from npm, what drives it.
# Fails where either cannot be had, so that a check that needs them never passes without them.
set -euo pipefail
cd "$(dirname "$0")/.."

browser=${ECRSNAP_CHROMIUM:-/usr/bin/chromium}
packages=()
[ -x "$browser" ] || packages+=(chromium)
command -v npm >/dev/null || packages+=(nodejs npm)
if [ ${#packages[@]} -gt 0 ]; then
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi
[ -x "$browser" ] || { echo "no browser at $browser; ECRSNAP_CHROMIUM names another" >&2; exit 1; }
npm ci --prefix tests/report --no-audit --no-fund
