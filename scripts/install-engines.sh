#!/usr/bin/env bash
# Install the engines that the lake's proof asks, into target/engines: PySpark (which needs Java 17) and DuckDB, and
# sqlglot, which parses the questions for Trino. What is there already is kept. Needs python3 and about 800 MB.
set -euo pipefail
cd "$(dirname "$0")/.."

pyspark=4.3.0
duckdb=2.0.1
sqlglot=30.30.0
engines=$PWD/target/engines

command -v java > /dev/null || { echo "java: not found; PySpark needs Java 17 or later" >&2; exit 1; }
[ -x "$engines/bin/python" ] || python3 -m venv "$engines"
if [ "$(cat "$engines/versions" 2> /dev/null)" != "$pyspark $duckdb $sqlglot" ]; then
    "$engines/bin/pip" install --quiet "pyspark==$pyspark" "duckdb==$duckdb" "sqlglot==$sqlglot" pytz
    echo "$pyspark $duckdb $sqlglot" > "$engines/versions"
fi
