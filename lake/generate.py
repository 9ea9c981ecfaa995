#!/usr/bin/env python3
"""Make what follows from the questions for Spark and from the columns of the lake's tables.

    lake/generate.py           write lake/duckdb/*.sql, lake/trino/*.sql and lake/tables/*.sql
    lake/generate.py --check   exit 1 if one of them is not what would be written

The questions for DuckDB, and for Trino and Athena, are those for Spark with a few words replaced. The three dialects
share nearly everything that the questions use; a question that needs more is better written in another way. The
definitions of the tables are made from src/lake/tables.rs.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent

# Words of Spark, and how the other dialects spell them.
DUCKDB = [
    (r"\barray_join\(", "array_to_string("),
    (r"\bcardinality\(", "len("),
    (r"\bregexp_like\(", "regexp_matches("),
    (r"\bdatediff\((.+), (capture_date|CAST\(:first_day AS DATE\))\)", r"date_diff('day', \2, \1)"),
    (r"\bVARCHAR\(256\)", "VARCHAR"),
]
TRINO = [
    (r"\bdatediff\((.+), (capture_date|CAST\(:first_day AS DATE\))\)", r"date_diff('day', \2, \1)"),
]
PARAMETER = re.compile(r":([a-z_]+)\b")


def split(text):
    """The header comment and the statement."""
    lines = text.splitlines(keepends=True)
    end = next(at for at, line in enumerate(lines) if not line.startswith("--"))
    return "".join(lines[:end]), "".join(lines[end:])


def without_comments(statement):
    """A parameter in a comment is none."""
    return re.sub(r"--.*", "", statement)


def replaced(statement, rules):
    for pattern, by in rules:
        statement = re.sub(pattern, by, statement)
    return statement


def duckdb(name, text):
    """Named parameters are written with a dollar sign."""
    header, statement = split(text)
    statement = PARAMETER.sub(r"$\1", replaced(statement, DUCKDB))
    header = re.sub(r"^-- :([a-z_]+)( *)", r"-- $\1\2", header, flags=re.MULTILINE)
    return f"-- Made from spark/{name} by generate.py; change that file.\n{header}{statement}"


def trino(name, text):
    """Parameters are positions: the header lists them in their order."""
    header, statement = split(text)
    statement = replaced(statement, TRINO)
    order = PARAMETER.findall(without_comments(statement))
    statement = PARAMETER.sub("?", statement)
    header = re.sub(r"^-- :([a-z_]+)( *)", r"-- \1 \2", header, flags=re.MULTILINE)
    listed = "".join(f"--   {at:2} {parameter}\n" for at, parameter in enumerate(order, 1))
    return (
        f"-- Made from spark/{name} by generate.py; change that file.\n{header}"
        f"--\n-- Parameters by position (in Athena, a text is given with its quotes):\n{listed}{statement}"
    )


TABLE = re.compile(r'pub const \w+: Table = Table \{\s+name: "(\w+)",\s+since: \d+,\s+columns: &\[(.*?)\n    \],', re.DOTALL)
COLUMN = re.compile(r'"(\w+)",\s*Type::(\w+)')
TYPES = {
    # Rust: Spark, DuckDB, Athena
    "Text": ("STRING", "VARCHAR", "string"),
    "Integer": ("BIGINT", "BIGINT", "bigint"),
    "Instant": ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "timestamp"),
    "Boolean": ("BOOLEAN", "BOOLEAN", "boolean"),
    "Texts": ("ARRAY<STRING>", "VARCHAR[]", "array<string>"),
    "Counts": ("MAP<STRING, BIGINT>", "MAP(VARCHAR, BIGINT)", "map<string, bigint>"),
}
MADE = "-- Made from src/lake/tables.rs by lake/generate.py.\n"


def tables():
    """Each table with its columns, as names and types of Rust."""
    source = (HERE.parent / "src/lake/tables.rs").read_text()
    found = {name: COLUMN.findall(columns) for name, columns in TABLE.findall(source)}
    if len(found) < 6 or not all(found.values()):
        sys.exit("src/lake/tables.rs: the tables cannot be read")
    return found


def spark_tables():
    text = MADE + """--
-- LAKE/ is the folder or the address of the lake. Columns that a file of an older version lacks are NULL. For a lake that
-- is asked often, use CREATE TABLE ... LOCATION in a catalog instead: it keeps the list of partitions.
"""
    for name, columns in tables().items():
        lines = [f"    {column} {TYPES[kind][0]}" for column, kind in columns] + ["    capture_date DATE", "    registry STRING"]
        text += f"CREATE OR REPLACE TEMPORARY VIEW {name} (\n" + ",\n".join(lines) + f"\n) USING parquet OPTIONS (path 'LAKE/{name}');\n"
    return text


def duckdb_tables():
    text = MADE + """--
-- LAKE/ is the folder of the lake. The empty SELECT names every column, so that one which all files lack is NULL.
"""
    for name, columns in tables().items():
        columns = [*columns, ("capture_date", None), ("registry", "Text")]
        typed = [f"    NULL::{TYPES[kind][1] if kind else 'DATE'} AS {column}" for column, kind in columns]
        text += f"CREATE OR REPLACE VIEW {name} AS\nSELECT\n" + ",\n".join(typed) + f"""
WHERE false
UNION ALL BY NAME
SELECT * FROM read_parquet('LAKE/{name}/*/*/*.parquet', union_by_name = true, hive_partitioning = true,
    hive_types = {{'capture_date': DATE, 'registry': VARCHAR}});
"""
    return text


def athena_tables():
    text = MADE + """--
-- Partition projection: Athena computes the partitions and asks no catalog. Before use, replace BUCKET/LAKE by the place
-- of the lake, the first date by that of your first capture, and r123456789012 by all of your registries, each with its
-- letter, separated by commas. Run one statement at a time.
"""
    for name, columns in tables().items():
        lines = [f"    {column} {TYPES[kind][2]}" for column, kind in columns]
        text += f"CREATE EXTERNAL TABLE {name} (\n" + ",\n".join(lines) + f""")
PARTITIONED BY (capture_date date, registry string)
STORED AS PARQUET
LOCATION 's3://BUCKET/LAKE/{name}/'
TBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.capture_date.type' = 'date',
    'projection.capture_date.format' = 'yyyy-MM-dd',
    'projection.capture_date.range' = '2026-01-01,NOW',
    'projection.registry.type' = 'enum',
    'projection.registry.values' = 'r123456789012',
    'storage.location.template' = 's3://BUCKET/LAKE/{name}/capture_date=${{capture_date}}/registry=${{registry}}/'
);
"""
    return text


def made():
    """Every file that follows from others, with its text."""
    files = {}
    for path in sorted((HERE / "spark").glob("*.sql")):
        files[HERE / "duckdb" / path.name] = duckdb(path.name, path.read_text())
        files[HERE / "trino" / path.name] = trino(path.name, path.read_text())
    for name, text in (("spark", spark_tables()), ("duckdb", duckdb_tables()), ("athena", athena_tables())):
        files[HERE / "tables" / f"{name}.sql"] = text
    return files


def main(arguments):
    files = made()
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    extra = [path for folder in ("duckdb", "trino", "tables") for path in (HERE / folder).glob("*.sql") if path not in files]
    for path in extra:
        print(f"{path.relative_to(HERE.parent)}: made from nothing; remove it", file=sys.stderr)
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(HERE.parent)}: not current; run lake/generate.py", file=sys.stderr)
        return 1 if stale or extra else 0
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(files[path])
    return 1 if extra else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
