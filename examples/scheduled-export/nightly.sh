#!/bin/sh
# Every night on a machine of your own: export what ECR says, carry it over, ingest, verify, report.
#
#   examples/scheduled-export/nightly.sh FOLDER [HOST]
#
# FOLDER holds the exports (pages/), the database and the reports. With HOST, a machine that ssh and rsync reach, the export
# runs here and the rest runs there, in the same FOLDER; `ecrsnap` must be on the PATH of the machine that ingests.
#
# Exit status: 0 done, 1 some repositories could not be saved, 2 anything else; the step that failed has said why.
set -u

folder=${1:?usage: nightly.sh FOLDER [HOST]}
host=${2:-}
export_script=$(dirname "$0")/../../scripts/export.sh

mkdir -p "$folder/pages" || exit 2
# Dates that were saved before are complete and stay as they are.
"$export_script" "$folder/pages"
status=$?
[ "$status" -le 1 ] || exit 2

# What the offline side does; $1 is the folder.
# shellcheck disable=SC2016
offline='
    set -eu
    cd "$1"
    export ECRSNAP_DB="$PWD/ecrsnap.db"
    ecrsnap ingest --snapshot-per-directory pages
    ecrsnap verify
    mkdir -p reports
    ecrsnap report --out "reports/$(date -u +%Y-%m-%d).html"
    ecrsnap report --format openmetrics --out reports/ecrsnap.prom
'
if [ -n "$host" ]; then
    rsync --archive --mkpath "$folder/pages/" "$host:$folder/pages/" || exit 2
    # The words reach the shell there with their quotes.
    printf '%s' "$offline" | ssh "$host" sh -s -- "'$folder'" || exit 2
else
    sh -c "$offline" nightly "$folder" || exit 2
fi
exit "$status"
