"""The table of what is compared: for each piece of work, the command of each tool.

A row is a function of the scene (where the data is, where databases go) that gives its commands by tool. To add
a row, add a `Row` to ROWS; to say what is to be reached, add a `Goal` to it.
"""

from dataclasses import dataclass
from typing import Callable

from load import wrk
from measure import Command, copy, remove
from questions import QUESTIONS

MEMBERS_DUCKDB = """STRUCT(
    "registryId" VARCHAR, "repositoryName" VARCHAR, "imageDigest" VARCHAR, "imageTags" VARCHAR[],
    "imageSizeInBytes" BIGINT, "imagePushedAt" TIMESTAMPTZ,
    "imageScanStatus" STRUCT(status VARCHAR, description VARCHAR),
    "imageScanFindingsSummary" STRUCT("imageScanCompletedAt" TIMESTAMPTZ, "vulnerabilitySourceUpdatedAt" TIMESTAMPTZ,
        "findingSeverityCounts" STRUCT("CRITICAL" INTEGER, "HIGH" INTEGER,
            "MEDIUM" INTEGER, "LOW" INTEGER, "INFORMATIONAL" INTEGER, "UNDEFINED" INTEGER)),
    "imageManifestMediaType" VARCHAR, "artifactMediaType" VARCHAR, "lastRecordedPullTime" TIMESTAMPTZ,
    "subjectManifestDigest" VARCHAR, "imageStatus" VARCHAR, "lastArchivedAt" TIMESTAMPTZ,
    "lastActivatedAt" TIMESTAMPTZ)"""

MEMBERS_CHDB = """registryId LowCardinality(String), repositoryName LowCardinality(String), imageDigest String,
    imageTags Array(String), imageSizeInBytes UInt64, imagePushedAt DateTime64(6),
    imageScanStatus Tuple(status LowCardinality(String), description LowCardinality(String)),
    imageScanFindingsSummary Tuple(imageScanCompletedAt Nullable(DateTime64(6)),
        vulnerabilitySourceUpdatedAt Nullable(DateTime64(6)), findingSeverityCounts Map(String, UInt32)),
    imageManifestMediaType LowCardinality(String), artifactMediaType LowCardinality(Nullable(String)),
    lastRecordedPullTime Nullable(DateTime64(6)), subjectManifestDigest Nullable(String),
    imageStatus LowCardinality(String), lastArchivedAt Nullable(DateTime64(6)),
    lastActivatedAt Nullable(DateTime64(6))"""


NEWEST_TAG = "sort_by(imageDetails,&imagePushedAt)[-1].imageTags[0]"
MEMBERS = (
    "registryId repositoryName imageDigest imageTags imageSizeInBytes imagePushedAt imageScanStatus "
    "imageScanFindingsSummary imageManifestMediaType artifactMediaType lastRecordedPullTime subjectManifestDigest "
    "imageStatus lastArchivedAt lastActivatedAt"
).split()


@dataclass
class Goal:
    """Our figure, divided by `beside` where there is one, is to stay at or below `limit`.

    `beside` is (row, tool); the tool "peers" stands for the fastest of them.
    """

    measure: str
    limit: float
    beside: tuple | None = None


@dataclass
class Row:
    """One piece of work. A quick one is run more often than a slow one."""

    name: str
    work: str
    commands: Callable
    goals: tuple = ()
    quick: bool = False


# ---- the tools -----------------------------------------------------------------------------------------------------


def ecrsnap(scene, *arguments, database=None, **more):
    """The program under test."""
    database = database or scene.work / "ecrsnap.db"
    return Command([scene.ecrsnap, "--db", database, *arguments], **more)


def aws(scene, *arguments, **more):
    """The real AWS CLI v2, asking `ecrsnap serve`."""
    environment = {
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true", "TZ": "UTC",
    }
    return Command([scene.aws, "ecr", "describe-images", "--endpoint-url", scene.serve(), *arguments],
                   env=environment, **more)


def duckdb(scene, *statements, database, **more):
    """DuckDB in a process of its own."""
    return Command([scene.python, scene.peers / "duckdb_sql.py", database, *statements], **more)


def duckdb_table(name, folder, members=None):
    """A table of all members. Left to find them for itself, DuckDB loads faster than when they are spelt out."""
    columns = f""", columns = {{"imageDetails": '{members}[]'}}""" if members else ""
    pages = f"""SELECT unnest("imageDetails") AS detail FROM read_json('{folder}/*.json'{columns})"""
    return f"CREATE TABLE {name} AS SELECT unnest(detail) FROM ({pages})"


def two_days(scene, name, day):
    """A DuckDB database with both days as tables of the same columns."""
    database = scene.work / f"{name}.duckdb"
    tables = [duckdb_table(f"day{number}", day(number), MEMBERS_DUCKDB) for number in (1, 2)]
    return scene.made(database, duckdb(scene, *tables, database=database))


# ---- the work ------------------------------------------------------------------------------------------------------


def load(scene):
    """Pages to a queryable table with every member."""
    commands = {}
    target = scene.work / "ecrsnap.db"
    commands["ecrsnap"] = ecrsnap(
        scene, "ingest", scene.day(1), "--snapshot", "day1", before=lambda: remove(target), leaves=target
    )
    peer = scene.work / "images.duckdb"
    commands["DuckDB"] = duckdb(
        scene, duckdb_table("images", scene.day(1)), database=peer, before=lambda: remove(peer), leaves=peer
    )
    folder = scene.work / "images.chdb"
    members = ", ".join(f"d.{name}" for name in MEMBERS)
    commands["chdb"] = Command(
        [
            scene.python, scene.peers / "chdb_sql.py", folder,
            f"CREATE TABLE images ({MEMBERS_CHDB}) ENGINE = MergeTree ORDER BY (repositoryName, imageDigest)",
            f"INSERT INTO images SELECT {members} FROM file('{scene.day(1)}/*.json', JSONEachRow, "
            f"'imageDetails Array(Tuple({MEMBERS_CHDB}))') ARRAY JOIN imageDetails AS d "
            "SETTINGS date_time_input_format = 'best_effort'",
        ],
        before=lambda: remove(folder),
        leaves=folder,
        most=2,
    )
    table = scene.work / "images.sqlite"
    insert = f"{scene.tool('sqlite-utils')} insert {table} images - --nl --alter"
    index = f"{scene.tool('sqlite-utils')} create-index {table} images repositoryName imageDigest"
    # It reads lines, and is given them ready-made.
    commands["sqlite-utils"] = Command(
        ["bash", "-c", f"{insert} && {index}"],
        stdin=scene.ndjson(), before=lambda: remove(table), leaves=table, most=1,
    )
    return commands


def load_single(scene):
    """One page of everything."""
    target = scene.work / "single.db"
    ingest = ("ingest", scene.single(), "--snapshot", "day1")
    return {"ecrsnap": ecrsnap(scene, *ingest, database=target, before=lambda: remove(target), leaves=target)}


def load_stdin(scene):
    """Details on standard input, one a line."""
    target = scene.work / "stdin.db"
    ingest = ("ingest", "-", "--snapshot", "day1")
    return {
        "ecrsnap": ecrsnap(
            scene, *ingest, database=target, stdin=scene.ndjson(), before=lambda: remove(target), leaves=target
        )
    }


def load_second(scene, day):
    """Another snapshot into a database that holds the first."""
    first, target = scene.loaded(), scene.work / f"again-{day}.db"
    ingest = ("ingest", scene.day(day), "--snapshot", f"again-{day}")
    return {
        "ecrsnap": ecrsnap(
            scene, *ingest, database=target, before=lambda: copy(first, target), leaves=target
        )
    }


def describe(scene, *arguments, jq=None, others=None):
    """One repository of 5,000 images, asked through every door."""
    scene.loaded()
    page, name = scene.page()
    words = ("--repository-name", name, *arguments)
    commands = {"ecrsnap": ecrsnap(scene, "describe-images", *words)}
    if jq:
        commands["jq"] = Command(["jq", jq, page])
    if scene.serve():
        # It takes seconds for a whole listing.
        most = None if "--max-items" in arguments else scene.runs
        commands["AWS CLI v2"] = aws(scene, *words, most=most)
    return commands | (others or {})


def newest_tag(scene):
    """The tag of the image that was pushed last."""
    _, name = scene.page()
    database = scene.work / "images.duckdb"
    scene.made(database, load(scene)["DuckDB"])
    question = (
        f"""SELECT "imageTags"[1] FROM images WHERE "repositoryName" = '{name}' ORDER BY "imagePushedAt" DESC LIMIT 1"""
    )
    return describe(
        scene, "--query", NEWEST_TAG,
        jq=".imageDetails | sort_by(.imagePushedAt)[-1].imageTags[0]",
        others={"DuckDB": duckdb(scene, question, database=database)},
    )


def ask(scene, question):
    """A question to the million images. DuckDB's own command line starts in a quarter of the time of its Python module."""
    scene.loaded()
    # A table of its own: the command line does not read what a later version of the module wrote.
    database = scene.work / "questions.duckdb"
    scene.made(database, Command([scene.tool("duckdb"), database, "-c", duckdb_table("images", scene.day(1))]))
    return {
        "ecrsnap": ecrsnap(scene, *question.words),
        "DuckDB CLI": Command([scene.tool("duckdb"), "-readonly", database, "-c", question.sql]),
    }


def question_row(question):
    """A question as a row."""
    goals = (Goal("cpu", question.limit, (question.name, "DuckDB CLI")),)
    return Row(question.name, question.work, lambda scene: ask(scene, question), goals, quick=True)


def page_fifty(scene):
    """The fiftieth hundred, by the token that ended the forty-ninth; with archived images, or there are only 49."""
    _, name = scene.page()
    every = ("--filter", "imageStatus=ANY")
    token = scene.token(name, 4_900, *every)
    words = ("--repository-name", name, *every, "--max-items", "100", "--starting-token", token)
    return {"ecrsnap": ecrsnap(scene, "describe-images", *words)} if token else {}


def one_image(scene, member):
    """One image of a repository of 20,000, by tag or by digest."""
    database, name, image = scene.large()
    wanted = image["imageTags"][0] if member == "imageTag" else image["imageDigest"]
    words = ("describe-images", "--repository-name", name, "--image-ids", f"{member}={wanted}")
    return {"ecrsnap": ecrsnap(scene, *words, database=database)}


def difference(scene, first, second):
    """What one snapshot has that the other has not, both ways."""
    tables = f"day{first}", f"day{second}"
    either = "SELECT count(*) FROM (FROM {} EXCEPT FROM {})"
    statements = (either.format(*tables), either.format(*reversed(tables)))
    return {
        "ecrsnap": ecrsnap(scene, "diff", tables[0], tables[1], "--summary", database=scene.both()),
        "DuckDB": duckdb(scene, *statements, database=two_days(scene, "days", scene.day)),
    }


def difference_of_fewer(scene):
    """The same of 100,000 images, and what git says of the files."""
    tables = ("day1", "day2")
    either = "SELECT count(*) FROM (FROM {} EXCEPT FROM {})"
    statements = (either.format(*tables), either.format(*reversed(tables)))
    # It exits with 1 where files differ.
    git = 'git diff --no-index --stat "$1" "$2"; test $? -eq 1'
    return {
        "ecrsnap": ecrsnap(scene, "diff", *tables, "--summary", database=scene.next_day_of_fewer()),
        "DuckDB": duckdb(scene, *statements, database=two_days(scene, "hundred-thousand", scene.fewer)),
        "git diff --stat": Command(["bash", "-c", git, "git", scene.fewer(1), scene.fewer(2)]),
    }


def year(scene):
    """A year of days to one database, and to compressed files."""
    target, packed = scene.work / "year.db", scene.work / "year.gz"
    pack = 'cd "$1" && for day in *; do mkdir -p "$2/$day"; for f in "$day"/*; do gzip -6 <"$f" >"$2/$f.gz"; done; done'
    return {
        "ecrsnap": ecrsnap(
            scene, "ingest", "--snapshot-per-directory", scene.year(), database=target,
            before=lambda: remove(target), leaves=target, most=1,
        ),
        "gzip -6": Command(
            ["bash", "-c", pack, "pack", scene.year(), packed], before=lambda: remove(packed), leaves=packed, most=1
        ),
    }


def over_the_year(scene, *question):
    """A question to the whole year; a repository's name goes where `{}` stands."""
    database, name = scene.year_ingested()
    return {"ecrsnap": ecrsnap(scene, *(word.format(name) for word in question), database=database)}


def load_test(scene):
    """Pages over HTTP, as many as the server can give. moto has no more than that page, and shorter details."""
    _, name = scene.page()
    script = scene.peers / "page.lua"
    servers = {"ecrsnap": scene.serve(), "moto": scene.moto()}
    return {tool: wrk(url, name, script, scene.load_seconds) for tool, url in servers.items() if url}


ROWS = (
    Row("load", "load every page, all members", load,
        (Goal("wall", 0.5, ("load", "peers")), Goal("memory", 256e6), Goal("size/image", 300))),
    Row("load-single", "the same as one file", load_single,
        (Goal("wall", 1.2, ("load", "ecrsnap")), Goal("memory", 256e6))),
    Row("load-stdin", "the same as lines on standard input", load_stdin,
        (Goal("wall", 1.2, ("load", "ecrsnap")), Goal("memory", 256e6))),
    Row("load-again", "the same export as a second snapshot", lambda scene: load_second(scene, 1),
        (Goal("wall", 0.1, ("load", "ecrsnap")), Goal("size", 1.005, ("load", "ecrsnap")))),
    Row("load-next-day", "the next day, 0.1 % changed", lambda scene: load_second(scene, 2),
        (Goal("wall", 0.35, ("load", "ecrsnap")), Goal("size", 1.01, ("load", "ecrsnap")))),
    Row("first-page", "the first 100 of 5,000", lambda scene: describe(
            scene, "--max-items", "100", jq=".imageDetails[:100]"),
        (Goal("wall", 0.05, ("first-page", "jq")), Goal("wall", 0.01, ("first-page", "AWS CLI v2")),
         Goal("wall", 0.006)), quick=True),
    Row("page-50", "the fiftieth 100, by token", page_fifty,
        (Goal("wall", 1.2, ("first-page", "ecrsnap")),), quick=True),
    Row("all-json", "all 5,000 as json", lambda scene: describe(scene, jq="."),
        (Goal("wall", 0.3, ("all-json", "jq")),), quick=True),
    Row("all-text", "all 5,000 as text", lambda scene: describe(scene, "--output", "text"), quick=True),
    Row("all-table", "all 5,000 as a table", lambda scene: describe(scene, "--output", "table"), quick=True),
    Row("newest-tag", f"--query '{NEWEST_TAG}'", newest_tag,
        (Goal("wall", 0.08, ("newest-tag", "jq")), Goal("wall", 0.01)), quick=True),
    Row("one-tag", "one tag of 20,000 images", lambda scene: one_image(scene, "imageTag"),
        (Goal("wall", 0.004),), quick=True),
    Row("one-digest", "one digest of 20,000 images", lambda scene: one_image(scene, "imageDigest"),
        (Goal("wall", 0.004),), quick=True),
    *map(question_row, QUESTIONS),
    Row("serve", "pages of 100 over HTTP, 32 connections", load_test,
        (Goal("page", 0.05, ("serve", "moto")), Goal("p99", 0.025))),
    Row("diff", "two snapshots, 0.1 % changed", lambda scene: difference(scene, 1, 2),
        (Goal("wall", 0.1, ("diff", "DuckDB")),)),
    Row("diff-100k", "two snapshots of 100,000 images, 0.1 % changed", difference_of_fewer),
    Row("diff-equal", "two equal snapshots", lambda scene: difference(scene, 1, 1), (Goal("wall", 0.015),)),
    Row("year", "a year of 365 days, 20,000 images, 0.5 % changed a day", year),
    Row("year-history", "the line of a tag through that year", lambda scene: over_the_year(
            scene, "history", "--repository-name", "{}", "--image-tag", "latest")),
    Row("year-report", "a report over that year", lambda scene: over_the_year(
            scene, "report", "--out", str(scene.work / "year.html"))),
)
