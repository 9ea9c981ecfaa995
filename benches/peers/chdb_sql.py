"""Runs SQL statements against a chdb (ClickHouse) folder: chdb_sql.py FOLDER SQL..."""

import sys

from chdb import session

connection = session.Session(sys.argv[1])
for statement in sys.argv[2:]:
    print(connection.query(statement, "TSV"), end="")
connection.close()
