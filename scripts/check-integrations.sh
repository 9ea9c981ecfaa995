#!/usr/bin/env bash
# Checks what other programs read: metrics (prometheus_client, promtool), the Grafana dashboard, datasette's metadata,
# and the blocks of docs/notebooks.md (pandas, polars, DuckDB, R). Installs those programs; fails if one cannot be
# installed, so that a check never passes without them. Usage: scripts/check-integrations.sh [PATH/TO/ecrsnap]
set -euo pipefail
cd "$(dirname "$0")/.."

program=${1:-target/debug/ecrsnap}
[ -x "$program" ] || { echo "no program at $program; run cargo build first" >&2; exit 1; }
tools=target/integrations
mkdir -p "$tools"

[ -x "$tools/venv/bin/python" ] || python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check -r tests/monitoring/requirements.txt

sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
if ! Rscript -e 'library(DBI); library(RSQLite)' >/dev/null 2>&1; then
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        r-base-core r-cran-dbi r-cran-rsqlite
fi

# promtool is part of Debian's prometheus, which is not installed for it: that would start a server.
promtool=$(command -v promtool || echo "$tools/prometheus/usr/bin/promtool")
if [ ! -x "$promtool" ]; then
    mkdir -p "$tools/prometheus"
    (cd "$tools/prometheus" && apt-get download -qq prometheus && dpkg -x prometheus_*.deb .)
fi

"$tools/venv/bin/python" tests/monitoring/check.py "$program" --promtool "$promtool"
"$tools/venv/bin/python" tests/notebooks/check.py "$program"
