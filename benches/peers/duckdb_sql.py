"""Runs SQL statements against a DuckDB database, as its command line would: duckdb_sql.py DATABASE SQL..."""

import sys

import duckdb

with duckdb.connect(sys.argv[1]) as connection:
    for statement in sys.argv[2:]:
        for row in connection.execute(statement).fetchall():
            print(*row, sep="\t")
