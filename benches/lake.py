#!/usr/bin/env python3
"""What a lake costs: its export beside DuckDB and pyarrow, and each question on Spark, for few large and for many small captures.

    scripts/install-engines.sh && target/engines/bin/pip install pyarrow
    cargo build --release
    target/engines/bin/python benches/lake.py                    # about half an hour and 8 GB
    target/engines/bin/python benches/lake.py --parts export     # without Spark

Two lakes are made: one capture of 1,000,000 images in 200 repositories, and 400 daily captures of 5,000 images in 20
repositories. Processes take turns and are measured whole; Spark's questions run one after another in one session, which
is how they are asked. The files and bytes that a question scans are Spark's own metrics of the plan that it ran.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests/lake")]

from measure import Command, medians, run, size_of  # noqa: E402

LARGE = ("images", "image_tags", "findings")
FIRST = datetime.date(2025, 1, 1)

# The same three tables, of what DuckDB makes of the pages.
DUCKDB_LOAD = """
CREATE TABLE details AS
SELECT d.* FROM (SELECT unnest("imageDetails") AS d FROM read_json('{pages}', maximum_object_size = 100000000, sample_size = -1));
"""
DUCKDB_COPY = """
SET preserve_insertion_order = true;
COPY (SELECT 'one' AS snapshot, * FROM details) TO '{out}/images.parquet' (FORMAT parquet, COMPRESSION zstd);
COPY (SELECT 'one' AS snapshot, "registryId", "repositoryName", "imageDigest", unnest("imageTags") AS tag FROM details)
    TO '{out}/image_tags.parquet' (FORMAT parquet, COMPRESSION zstd);
COPY (SELECT 'one' AS snapshot, "registryId", "repositoryName", "imageDigest", unnest(map_entries(counts), recursive := true)
        FROM (SELECT *, CAST(CAST("imageScanFindingsSummary"."findingSeverityCounts" AS JSON) AS MAP(VARCHAR, BIGINT)) AS counts
              FROM details))
    TO '{out}/findings.parquet' (FORMAT parquet, COMPRESSION zstd);
"""
PYARROW_WRITE = """
import sys, time, pathlib, resource
import pyarrow.parquet as pq
tables = {path: pq.ParquetFile(path).read() for path in sys.argv[2:]}
used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
wall, cpu = time.perf_counter(), used()
for number, table in enumerate(tables.values()):
    pq.write_table(table, f"{sys.argv[1]}/{number}.parquet", compression="zstd")
print(time.perf_counter() - wall, used() - cpu)
"""


class Lake:
    """One shape of lake, its database and its pages."""

    def __init__(self, name, arguments, generate, days, repositories):
        self.name, self.ecrsnap, self.generate, self.days, self.repositories = name, arguments.ecrsnap, generate, days, repositories
        self.database = arguments.work / f"{name}.db"
        self.folder = arguments.work / f"{name}.lake"
        self.data = arguments.data / name
        self.generator = arguments.generator

    def build(self):
        if self.database.exists():
            return
        if not self.data.exists():
            program = [self.generator] if self.generator else ["cargo", "bench", "--bench", "generate", "--"]
            subprocess.run([*map(str, program), *self.generate, "--out", self.data], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        for day in range(self.days):
            date = FIRST + datetime.timedelta(days=day)
            pages = self.data / str(date) if self.days > 1 else self.data
            self.call("ingest", pages, "--snapshot", date, "--captured-at", f"{date}T02:00:00Z")

    def call(self, *words):
        return subprocess.run([str(self.ecrsnap), "--db", str(self.database), *map(str, words)], check=True, capture_output=True, text=True).stdout

    def export(self, fresh):
        def before():
            if fresh and self.folder.exists():
                shutil.rmtree(self.folder)
        words = ["export", "--format", "parquet", "--out", self.folder, "--all"]
        return Command([self.ecrsnap, "--db", self.database, *words], before=before, leaves=self.folder)

    def sizes(self):
        """Rows, files and bytes of each table."""
        import pyarrow.parquet as pq
        found = {}
        for table in sorted(path.name for path in self.folder.iterdir() if not path.name.startswith("_")):
            files = list((self.folder / table).rglob("*.parquet"))
            rows = sum(pq.ParquetFile(path).metadata.num_rows for path in files)
            found[table] = {"rows": rows, "files": len(files), "bytes": sum(path.stat().st_size for path in files)}
        return found

    def cases(self):
        """Parameters for each question: the last day, the last two days, or all days."""
        last = FIRST + datetime.timedelta(days=self.days - 1)
        day, before, first = str(last), str(max(FIRST, last - datetime.timedelta(days=1))), str(FIRST)
        span = {"first_day": first, "last_day": day}
        registry, repository, digest, tag = self.some_tag(day)
        return {
            "images": {"day": day, "repository": "%", "severity": "CRITICAL", "older_than": 0},
            "newest_by_push": {"day": day}, "newest_by_version": {"day": day},
            "diff_images": {"before": before, "after": day}, "diff_tags": {"before": before, "after": day},
            "tag_history": {"registry": registry, "repository": repository, "tag": tag, **span},
            "find_digest": {"digest": digest, **span},
            "findings_trend": span, "storage_by_month": span, "growth": span,
            "stale_by_account": {"day": day, "idle_days": 90},
            "replica_drift": {"day": day, "source": "", "replica": "us-east-1"},
            "running_gone": {"day": day},
            "missing_captures": {**span, "every_days": 1},
            "repository_settings": {"day": day, "repository": "%"},
        }

    def some_tag(self, day):
        line = self.call("sql", "--output", "ndjson", "SELECT registry_id, repository_name, image_digest, image_tag FROM image_tags "
                         f"WHERE snapshot = '{day}' LIMIT 1")
        return tuple(json.loads(line).values())

    def running(self):
        """Every hundredth image of the last day, and one that is not there."""
        last = FIRST + datetime.timedelta(days=self.days - 1)
        lines = self.call("sql", "--output", "ndjson", "SELECT registry_id, region, repository_name, image_digest FROM images "
                          f"WHERE snapshot = '{last}' AND position % 100 = 0").splitlines()
        return [tuple(json.loads(line).values()) for line in lines] + [("999999999999", "", "other/app", "sha256:" + "0" * 64)]


def measure(command, scratch, runs):
    done = [run(command, scratch) for _ in range(runs)]
    for one in done:
        if one.status:
            sys.exit(f"{command.argv}: status {one.status}: {one.complaint}")
    return medians(done)


def exports(lake, scratch, runs):
    """The export, and the same again."""
    lake.build()
    found = {"export": measure(lake.export(True), scratch, runs), "again": measure(lake.export(False), scratch, runs)}
    found["tables"] = lake.sizes()
    found["database"] = size_of(lake.database)
    return found


def peers(lake, scratch, runs, duckdb):
    """DuckDB and pyarrow writing the same three tables; each run is followed by one of ours, so that noise falls on all."""
    database = scratch / "peer.duckdb"
    if not database.exists():
        subprocess.run([duckdb, str(database), "-c", DUCKDB_LOAD.format(pages=f"{lake.data}/*.json")], check=True)
    out = scratch / "peer"
    out.mkdir(exist_ok=True)
    ours, theirs, arrow = [], [], []
    files = [str(path) for table in LARGE for path in (lake.folder / table).rglob("*.parquet")]
    for _ in range(runs):
        ours.append(run(lake.export(True), scratch))
        theirs.append(run(Command([duckdb, database, "-readonly", "-c", DUCKDB_COPY.format(out=out)], leaves=out), scratch))
        files = [str(path) for table in LARGE for path in (lake.folder / table).rglob("*.parquet")]
        printed = subprocess.run([sys.executable, "-c", PYARROW_WRITE, str(out), *files], check=True, capture_output=True, text=True)
        arrow.append([float(word) for word in printed.stdout.split()])
    for one in ours + theirs:
        if one.status:
            sys.exit(one.complaint)
    wall, cpu = (statistics.median(column) for column in zip(*arrow))
    return {"ecrsnap": medians(ours), "duckdb": medians(theirs), "pyarrow, writing alone": {"wall": wall, "cpu": cpu}}


def merges(lake, scratch, runs):
    """A merge into nothing and into an equal database, beside the ingest of the same pages."""
    team, loaded = scratch / "team.db", scratch / "loaded.db"

    def gone(path):
        return lambda: [each.unlink() for each in path.parent.glob(path.name + "*")]
    into = [lake.ecrsnap, "merge", lake.database, "--db", team]
    ingest = [lake.ecrsnap, "--db", loaded, "ingest", lake.data, "--snapshot", FIRST, "--captured-at", f"{FIRST}T02:00:00Z"]
    return {"ingest": measure(Command(ingest, before=gone(loaded), leaves=loaded), scratch, runs),
            "merge": measure(Command(into, before=gone(team), leaves=team), scratch, runs),
            "merge again": measure(Command(into, leaves=team), scratch, runs)}


def scans(plan):
    """Files and bytes that an executed plan scanned."""
    name = plan.getClass().getSimpleName()
    if name == "AdaptiveSparkPlanExec":
        return scans(plan.executedPlan())
    if name.endswith("QueryStageExec"):
        return scans(plan.plan())
    files = size = 0
    if name == "FileSourceScanExec":
        files, size = plan.metrics().apply("numFiles").value(), plan.metrics().apply("filesSize").value()
    for group in (plan.children(), plan.subqueries()):
        for index in range(group.size()):
            one, other = scans(group.apply(index))
            files, size = files + one, size + other
    return files, size


def questions(lake):
    import prove
    began = time.monotonic()
    engine = prove.Spark(lake.folder, lake.running())
    found = {"start": time.monotonic() - began, "questions": {}}
    for name, parameters in lake.cases().items():
        text = (prove.QUESTIONS / "spark" / f"{name}.sql").read_text()
        seconds = []
        for _ in range(2):
            began = time.monotonic()
            frame = engine.session.sql(text, args=parameters)
            rows = len(frame.collect())
            seconds.append(time.monotonic() - began)
        files, size = scans(frame._jdf.queryExecution().executedPlan())
        found["questions"][name] = {"first": seconds[0], "second": seconds[1], "rows": rows, "files": files, "bytes": size}
        print(f"  {name}: {seconds[0]:.1f} s, again {seconds[1]:.1f} s, {rows} rows, {files} files, {size / 1e6:.3f} MB", flush=True)
    engine.session.stop()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ecrsnap", type=pathlib.Path, default=ROOT / "target/release/ecrsnap")
    parser.add_argument("--generator", type=pathlib.Path, help="the generator of benches/generate, if it is built")
    parser.add_argument("--duckdb", default=shutil.which("duckdb") or "duckdb", help="DuckDB's command line (pip install duckdb-cli)")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "target/lake-data")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target/lake-work")
    parser.add_argument("--parts", default="export,peers,merge,spark")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--name", default="lake")
    arguments = parser.parse_args()
    for folder in (arguments.data, arguments.work):
        folder.mkdir(parents=True, exist_ok=True)
    arguments.ecrsnap, arguments.work, arguments.data = (path.resolve() for path in (arguments.ecrsnap, arguments.work, arguments.data))
    million = Lake("million", arguments, ["--images", "1000000", "--repositories", "200"], 1, 200)
    days = Lake("days400", arguments, ["--images", "5000", "--repositories", "20", "--days", "400", "--change", "0.005", "--pulls", "0.02"], 400, 20)
    parts, found = arguments.parts.split(","), {"date": str(datetime.date.today()), "load_before": os.getloadavg(), "cores": os.cpu_count()}
    for lake in (million, days):
        lake.build()
        one = found[lake.name] = {}
        if "export" in parts or not lake.folder.exists():
            one |= exports(lake, arguments.work, arguments.runs)
            print(lake.name, json.dumps(one), flush=True)
        if lake is million and "peers" in parts:
            one["peers"] = peers(lake, arguments.work, arguments.runs, arguments.duckdb)
            print(json.dumps(one["peers"]), flush=True)
        if lake is million and "merge" in parts:
            one["merges"] = merges(lake, arguments.work, arguments.runs)
            print(json.dumps(one["merges"]), flush=True)
        if "spark" in parts:
            print(lake.name, flush=True)
            one["spark"] = questions(lake)
    found["load_after"] = os.getloadavg()
    results = HERE / "results" / f"{found['date']}-{arguments.name}.json"
    results.write_text(json.dumps(found, indent=1) + "\n")
    print(results.relative_to(ROOT))


if __name__ == "__main__":
    main()
