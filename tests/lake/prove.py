#!/usr/bin/env python3
"""Whether the questions of lake/ give on real engines what ecrsnap gives: every file, every row.

    scripts/install-engines.sh
    target/engines/bin/python tests/lake/prove.py [--engines spark,duckdb] [--ecrsnap PATH] [--keep FOLDER]

Makes a database of the samples and of a made-up year (year.py), exports it as a lake, runs each question on Spark and
on DuckDB with several parameters, and compares with what the ecrsnap commands answer from the database. One capture of
the lake is replaced by the files that version 1 of the tables had (v1/), so every question also meets those. Then each
question is asked of a lake that has no others.
"""

import argparse
import collections
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

os.environ["TZ"] = "UTC"
time.tzset()

import year  # noqa: E402  (its times are in UTC either way)

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
QUESTIONS = ROOT / "lake"
TABLES = ("images", "image_tags", "findings", "listings", "repository_settings", "snapshots")
# Before this instant the service had no archive, so that no capture left archived images out.
ARCHIVING_BEGAN = "2025-11-01T00:00:00"


class Ecrsnap:
    """The program under test, on one database."""

    def __init__(self, program, database):
        self.program, self.database = program, database

    def run(self, *words):
        done = subprocess.run([self.program, "--db", self.database, *words], capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            sys.exit(f"ecrsnap {' '.join(map(str, words))}: {done.stderr}")
        return done.stdout

    def lines(self, *words):
        return [json.loads(line) for line in self.run(*words, "--output", "ndjson").splitlines()]

    def json(self, *words):
        return json.loads(self.run(*words, "--output", "json"))

    def sql(self, statement):
        return [tuple(row.values()) for row in self.lines("sql", statement)]


def build(ecrsnap, folder):
    """The database: the samples, and the year."""
    for day in ("2026-03-01", "2026-03-08", "2026-03-15"):
        ecrsnap.run("ingest", f"samples/{day}", "--snapshot", day, "--captured-at", f"{day}T06:00:00Z",
                    "--capture-filter", "imageStatus=ANY")
    for week, region in year.write(folder / "year"):
        asked = year.capture_filter(week)
        ecrsnap.run("ingest", str(folder / "year" / f"{week:02}" / region), "--snapshot", f"week-{week:02}",
                    "--captured-at", year.captured_at(week).isoformat(), "--region", region,
                    *(["--capture-filter", asked] if asked else []), *(["--scope", "registry"] if year.declared(week) else []))


def put_old_files(lake):
    """Replace one capture of the samples by the same one as version 1 of the tables has it."""
    partition = next((HERE / "v1/snapshots").glob("*/*")).relative_to(HERE / "v1/snapshots")
    for table in TABLES:
        # A table that was added later has no file.
        shutil.rmtree(lake / table / partition)
        if (HERE / "v1" / table).exists():
            shutil.copytree(HERE / "v1" / table / partition, lake / table / partition)


def old_lake(ecrsnap, folder):
    """A lake of version 1 alone, after an export that found nothing to write."""
    if not folder.exists():
        shutil.copytree(HERE / "v1", folder)
        (folder / "_ecrsnap").mkdir()
        manifest = {"format": "ecrsnap lake", "version": 1, "schema": 1}
        (folder / "_ecrsnap/manifest.json").write_text(json.dumps(manifest))
        done = json.loads(ecrsnap.run("export", "2026-03-08", "--format", "parquet", "--out", str(folder), "--output", "json"))
        if (done["capturesWritten"], done["capturesPresent"]) != (0, 1):
            sys.exit(f"the files of version 1 are not taken for what they are: {done}")
    return folder


# What ecrsnap answers, for each question and its parameters: the expected rows, in any order.

def day_of(text):
    return text[:10]


class Expected:
    """Answers from the database, through the commands and the public views."""

    def __init__(self, ecrsnap):
        self.ecrsnap = ecrsnap
        self.snapshots = {day_of(at): name for name, at in ecrsnap.sql("SELECT snapshot, captured_at FROM snapshots")}
        columns = ("snapshot", "captured_at", "registry_id", "region", "repository_name", "images", "bytes", "complete", "capture_filter")
        rows = ecrsnap.sql(f"SELECT {', '.join(columns)} FROM repositories")
        self.repositories = [dict(zip(columns, row)) for row in rows]
        inactive = ecrsnap.sql("SELECT DISTINCT snapshot, registry_id, region, repository_name FROM images "
                               "WHERE image_status <> 'ACTIVE'")
        self.inactive = set(inactive)

    def images(self, day):
        return self.ecrsnap.lines("images", "--snapshot", self.snapshots[day])

    def coverage(self, day):
        """What the captures of a day asked for: (complete, tag status, image status) of each repository."""
        found = {}
        for row in self.repositories:
            if day_of(row["captured_at"]) == day:
                asked = dict(part.split("=") for part in (row["capture_filter"] or "").split(",") if part)
                key = (row["registry_id"], row["region"], row["repository_name"])
                status = asked.get("imageStatus", "ACTIVE")
                if status == "ACTIVE" and ((row["snapshot"], *key) in self.inactive or row["captured_at"] < ARCHIVING_BEGAN):
                    status = "ANY"
                found[key] = (bool(row["complete"]), asked.get("tagStatus", "ANY"), status)
        return found

    def q_images(self, day, repository, severity, older_than):
        assert severity == "CRITICAL", "ecrsnap asks for at least a severity"
        found = self.ecrsnap.lines("images", "--snapshot", self.snapshots[day], "--min-severity", severity.lower(),
                                   "--repository-name", repository.replace("%", "*"),
                                   *(["--pushed-before", f"{older_than}d"] if older_than else []))
        return [(*key(row), row["imageDigest"], joined(row["imageTags"]), row["critical"], row["imageSizeInBytes"],
                 row["imagePushedAt"], row["lastRecordedPullTime"]) for row in found]

    def q_newest_by_push(self, day):
        found = self.ecrsnap.lines("images", "--snapshot", self.snapshots[day], "--tagged", "--latest")
        return [(*key(row), row["imageDigest"], joined(row["imageTags"]), row["imagePushedAt"]) for row in found]

    def q_newest_by_version(self, day):
        best = {}
        for row in self.images(day):
            for tag in row["imageTags"] or ():
                if version := re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", tag):
                    order = ([-int(number) for number in version.groups()], tag, row["imageDigest"])
                    best[key(row)] = min(best.get(key(row), order), order)
        return [(*repository, tag, digest) for repository, (_, tag, digest) in best.items()]

    def captured(self, day):
        """Registries and regions with a capture."""
        return {(row["registry_id"], row["region"]) for row in self.repositories if day_of(row["captured_at"]) == day}

    def diff(self, before, after):
        both = self.captured(before) & self.captured(after)
        return both, self.ecrsnap.json("diff", self.snapshots[before], self.snapshots[after])

    def q_diff_images(self, before, after):
        both, diff = self.diff(before, after)
        rows = [("removed", row) for row in diff["imagesRemoved"]] + [("added", row) for row in diff["imagesAdded"]]
        rows += [("removed" if row["shownIn"] == "from" else "added", row) for row in diff["imagesUnknown"]]
        return [(change, *key(row), row["imageDigest"], joined(row["imageTags"] or None), row["imageSizeInBytes"],
                 row["imagePushedAt"], row.get("certainty") or "unknown") for change, row in rows if key(row)[:2] in both]

    def q_diff_tags(self, before, after):
        both, diff = self.diff(before, after)
        rows = [("added", row) for row in diff["tagsAdded"]] + [("removed", row) for row in diff["tagsRemoved"]]
        rows += [("moved", row) for row in diff["tagsMoved"]]
        rows += [("removed" if row["from"] else "added", row) for row in diff["tagsUnknown"]]
        return [(*key(row), row["imageTag"], change, row["from"], row["to"], row.get("certainty") or ("certain" if change == "moved" else "unknown"))
                for change, row in rows if key(row)[:2] in both]

    def q_tag_history(self, registry, repository, tag, first_day, last_day):
        rows = []
        regions = {row["region"] for row in self.repositories if row["registry_id"] == registry and row["repository_name"] == repository}
        for region in regions:
            found = self.ecrsnap.json("history", "--registry-id", registry, "--repository-name", repository,
                                      "--region", region, "--image-tag", tag)
            rows += [(region, span["imageDigest"], day_of(span["firstSeen"]["capturedAt"]),
                      day_of(span["lastSeen"]["capturedAt"]), span["captures"])
                     for span in found["spans"] if span["imageDigest"]]
        return rows

    def q_find_digest(self, digest, first_day, last_day):
        found = self.ecrsnap.sql(
            "SELECT registry_id, region, repository_name, captured_at, image_tags FROM images "
            f"WHERE image_digest = '{digest}' AND substr(captured_at, 1, 10) BETWEEN '{first_day}' AND '{last_day}'")
        places = collections.defaultdict(list)
        for *place, at, tags in found:
            places[tuple(place)].append((at, tags if isinstance(tags, list) or tags is None else json.loads(tags)))
        return [(*place, day_of(min(seen)[0]), day_of(max(seen, key=lambda it: it[0])[0]), len(seen),
                 joined(max(seen, key=lambda it: it[0])[1])) for place, seen in places.items()]

    def q_findings_trend(self, first_day, last_day):
        return self.ecrsnap.sql(
            "SELECT substr(captured_at, 1, 10) AS d, registry_id, region, severity, sum(findings), sum(findings > 0) FROM findings "
            f"WHERE d BETWEEN '{first_day}' AND '{last_day}' GROUP BY d, registry_id, region, severity")

    def between(self, first_day, last_day):
        return [row for row in self.repositories if first_day <= day_of(row["captured_at"]) <= last_day]

    def q_storage_by_month(self, first_day, last_day):
        last = {}
        for row in sorted(self.between(first_day, last_day), key=lambda row: row["captured_at"]):
            last[row["captured_at"][:7], *place(row)] = row
        return [(f"{month}-01", *rest, row["images"], row["bytes"], bool(row["complete"])) for (month, *rest), row in last.items()]

    def q_stale_by_account(self, day, idle_days):
        sums = collections.defaultdict(lambda: [0] * 6)
        limit = datetime.datetime.fromisoformat(day + "T06:00:00+00:00") - datetime.timedelta(days=idle_days)
        for row in self.images(day):
            size = row["imageSizeInBytes"] or 0
            used = row["lastRecordedPullTime"] or row["imagePushedAt"]
            untagged = not row["imageTags"]
            stale = not untagged and used is not None and datetime.datetime.fromisoformat(used) < limit
            for at, counts in enumerate((True, untagged, stale)):
                sums[row["registryId"]][2 * at] += counts
                sums[row["registryId"]][2 * at + 1] += counts * size
        return [(registry, *numbers) for registry, numbers in sums.items()]

    def q_replica_drift(self, day, source, replica):
        tags = {}
        for row in self.images(day):
            for tag in row["imageTags"] or ():
                tags[row["registryId"], row["repositoryName"], tag, row["region"] or ""] = row["imageDigest"]
        coverage, rows = self.coverage(day), []
        scopes, described = self.scopes(), self.described()
        for registry, name, tag in {it[:3] for it in tags if it[3] in (source, replica)}:
            one, other = (tags.get((registry, name, tag, region)) for region in (source, replica))
            if one == other:
                continue
            there = (registry, replica if other is None else source, name)
            complete, by_tag, by_status = coverage.get(there) or self.scope_of_missing(scopes, described, day, there)
            sure = complete and by_tag in ("ANY", "TAGGED") and by_status == "ANY"
            drift = "different" if one and other else ("missing" if other is None else "extra") if sure else "unknown"
            rows.append((registry, name, tag, drift, one, other))
        return rows

    def q_running_gone(self, day):
        here = {(*key(row), row["imageDigest"]) for row in self.images(day)}
        coverage, rows = self.coverage(day), []
        scopes, described = self.scopes(), self.described()
        for row in set(self.running()) - here:
            complete, by_tag, by_status = coverage.get(row[:3]) or self.scope_of_missing(scopes, described, day, row[:3])
            known = complete and by_tag == "ANY"
            words = {"ANY": "certain", "ACTIVE": "orArchived"}
            rows.append((*row, words.get(by_status, "unknown") if known else "unknown"))
        return rows

    def scopes(self):
        """How it is known that a capture has every repository, and the filter, by registry, region and instant."""
        scopes = collections.defaultdict(dict)
        for *capture, source, asked in self.ecrsnap.sql("SELECT registry_id, region, captured_at, source, capture_filter FROM scopes"):
            scopes[tuple(capture)][source] = asked
        return scopes

    def described(self):
        return set(self.ecrsnap.sql("SELECT registry_id, region, captured_at, repository_name FROM repository_settings"))

    def scope_of_missing(self, scopes, described, day, repository):
        """As `coverage` for a repository that the capture of its registry and region does not have."""
        found = [(place, scope) for place, scope in scopes.items() if place[:2] == repository[:2] and day_of(place[2]) == day]
        for place, scope in found:
            if "listed" in scope and (*place, repository[2]) not in described:
                return True, "ANY", "ANY"
            if "declared" in scope:
                asked = dict(part.split("=") for part in (scope["declared"] or "").split(",") if part)
                old = "ANY" if place[2] < ARCHIVING_BEGAN else "ACTIVE"
                status = asked.get("imageStatus", "ACTIVE")
                return True, asked.get("tagStatus", "ANY"), old if status == "ACTIVE" else status
        return False, "", ""

    def running(self):
        """What runs: every seventh image that any capture shows, and one of an unknown repository."""
        every = self.ecrsnap.sql("SELECT DISTINCT registry_id, region, repository_name, image_digest FROM images ORDER BY 1, 2, 3, 4")
        return every[::7] + [("999999999999", "eu-west-1", "other/app", "sha256:" + "0" * 64)]

    def q_missing_captures(self, first_day, last_day, every_days):
        rows = [("incomplete", *place(row), day_of(row["captured_at"]), None)
                for row in self.between(first_day, last_day) if not row["complete"]]
        days = collections.defaultdict(set)
        for row in self.between(first_day, last_day):
            days[row["registry_id"], row["region"]].add(datetime.date.fromisoformat(day_of(row["captured_at"])))
        rows += self.left_out(first_day, last_day)
        for registry, seen in days.items():
            seen = sorted(seen)
            for one, other in zip(seen, [*seen[1:], None]):
                without = (other - one).days - 1 if other else (datetime.date.fromisoformat(last_day) - one).days
                if without >= every_days:
                    rows.append(("missing", *registry, None, one.isoformat(), without))
        return rows

    def left_out(self, first_day, last_day):
        scopes, described = self.scopes(), self.described()
        captures = collections.defaultdict(lambda: collections.defaultdict(set))
        for row in self.between(first_day, last_day):
            captures[row["registry_id"], row["region"]][row["captured_at"]].add(row["repository_name"])
        rows = []
        for registry, by_time in captures.items():
            times = sorted(by_time)
            for one, other in zip(times, times[1:]):
                known = scopes[(*registry, other)]
                for name in by_time[one] - by_time[other] if "declared" not in known else ():
                    if "listed" not in known or (*registry, other, name) in described:
                        rows.append(("left out", *registry, name, day_of(other), None))
        return rows

    def q_repository_settings(self, day, repository):
        assert repository == "%"
        columns = "registry_id, region, repository_name"
        rows = self.ecrsnap.sql(f"SELECT {columns}, created_at, image_tag_mutability, scan_on_push FROM repository_settings "
                                f"WHERE substr(captured_at, 1, 10) = '{day}'")
        policies = self.ecrsnap.sql(f"SELECT {columns}, policy FROM lifecycle_policies WHERE substr(captured_at, 1, 10) = '{day}'")
        policies = {tuple(name): "none" if policy is None else "policy" for *name, policy in policies}
        return [(*row[:5], bool(row[5]), policies.get(row[:3], "unknown")) for row in rows]

    def q_growth(self, first_day, last_day):
        captures = collections.defaultdict(list)
        for row in self.between(first_day, last_day):
            captures[row["registry_id"], row["region"], row["captured_at"]].append(row)
        lines = collections.defaultdict(list)
        for (registry, region, at), rows in sorted(captures.items(), key=lambda it: it[0][2]):
            if all(row["complete"] for row in rows):
                number = (datetime.date.fromisoformat(day_of(at)) - datetime.date.fromisoformat(first_day)).days
                lines[registry, region].append((day_of(at), number, sum(row["bytes"] for row in rows), sum(row["images"] for row in rows)))
        return [(*registry, len(line), line[0][0], line[-1][0], line[0][2], line[-1][2], line[0][3], line[-1][3], slope(line))
                for registry, line in lines.items()]


def slope(line):
    """Of the line of least squares."""
    if len(line) < 2:
        return None
    x, y = [float(it[1]) for it in line], [float(it[2]) for it in line]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)


def key(row):
    return row["registryId"], row["region"] or "", row["repositoryName"]


def place(row):
    return row["registry_id"], row["region"], row["repository_name"]


def joined(tags):
    return None if tags is None else " ".join(tags)


def cases(expected):
    """Parameters for each question."""
    span = {"first_day": "2025-01-05", "last_day": "2026-03-15"}
    part = {"first_day": "2025-03-01", "last_day": "2025-06-30"}
    days = ("2026-03-15", "2025-08-03", "2025-11-16", "2025-12-21")
    pairs = [("2026-03-01", "2026-03-08"), ("2026-03-08", "2026-03-15"), ("2025-03-02", "2025-03-09"), ("2025-03-09", "2025-03-16"),
             ("2025-01-05", "2025-08-03"), ("2025-08-03", "2025-08-10"), ("2025-11-09", "2025-11-16"), ("2025-11-16", "2025-12-21"),
             ("2025-12-14", "2025-12-21"), ("2025-12-21", "2025-12-28"), ("2025-05-18", "2025-05-25"),
             # Repositories that one of the two captures lacks: with and without a scope, declared, listed, by filter.
             ("2025-03-09", "2025-03-16"), ("2025-03-16", "2025-03-23"), ("2025-03-23", "2025-03-30"), ("2025-11-09", "2025-11-23"),
             ("2025-11-23", "2025-11-30"), ("2025-11-23", "2025-12-07"), ("2025-11-30", "2025-12-07"), ("2025-12-07", "2025-12-14")]
    # On which one of the regions lacks repositories that the other has, with and without a scope.
    missing_days = ("2025-03-16", "2025-11-23", "2025-11-30", "2025-12-07")
    digests = [expected.running()[at][3] for at in (0, 5, 11)]
    ranges = [span, part]
    diffs = [{"before": one, "after": other} for one, other in pairs]
    return {
        "images": [{"day": day, "repository": name, "severity": "CRITICAL", "older_than": old}
                   for day, name, old in [("2026-03-15", "%", 0), ("2025-08-10", "shop/%", 0), ("2025-11-16", "%", 20)]],
        "newest_by_push": [{"day": day} for day in days],
        "newest_by_version": [{"day": day} for day in days],
        "diff_images": diffs,
        "diff_tags": diffs,
        "tag_history": [{"registry": registry, "repository": name, "tag": tag, **span} for registry, name, tag in [
            ("123456789012", "shop/web", "prod"), ("123456789012", "tools/builder", "nightly"), ("012345678901", "shop/web", "prod"),
            ("210987654321", "o'clock/tick_tock", "latest"), # Tags that are back on the same image after the repository was gone.
            ("012345678901", "o'clock/tick_tock", "9.0.1"), ("210987654321", "shop/api", "v5.0.0"), ("012345678901", "team/job", "latest")]],
        "find_digest": [{"digest": digest, **span} for digest in digests] + [{"digest": "sha256:none", **span}],
        "findings_trend": ranges,
        "storage_by_month": ranges,
        "stale_by_account": [{"day": day, "idle_days": idle} for day, idle in zip(days, (30, 14, 90, 7))],
        "replica_drift": [{"day": day, "source": "eu-west-1", "replica": "us-east-1"} for day in (*days[1:], "2025-03-09", "2025-08-10", *missing_days)],
        "running_gone": [{"day": day} for day in (*days, "2025-03-09", *missing_days)],
        "missing_captures": [{**it, "every_days": every} for it, every in zip(ranges, (7, 1))],
        "repository_settings": [{"day": year.captured_at(week).date().isoformat(), "repository": "%"} for week in (10, 13, 46, 12)],
        "growth": ranges,
    }


def old_cases(expected):
    """Parameters for a lake of one capture of version 1."""
    day = "2026-03-08"
    span = {"first_day": day, "last_day": day}
    diff = {"before": day, "after": day}
    digest = expected.images(day)[0]["imageDigest"]
    special = {
        "images": {"day": day, "repository": "%", "severity": "CRITICAL", "older_than": 0},
        "diff_images": diff, "diff_tags": diff,
        "tag_history": {"registry": "123456789012", "repository": "shop/web", "tag": "prod", **span},
        "find_digest": {"digest": digest, **span},
        "findings_trend": span, "storage_by_month": span, "growth": span, "missing_captures": {**span, "every_days": 1},
        "stale_by_account": {"day": day, "idle_days": 30},
        "replica_drift": {"day": day, "source": "eu-west-1", "replica": "us-east-1"},
        "repository_settings": {"day": day, "repository": "%"},
    }
    names = [path.stem for path in sorted((QUESTIONS / "spark").glob("*.sql"))]
    return {name: [special.get(name, {"day": day})] for name in names}


def old_answer(expected, name, parameters):
    if name != "tag_history":
        return getattr(expected, f"q_{name}")(**parameters)
    # The command has no range of dates: here it is one capture.
    day = parameters["first_day"]
    return [(row["region"] or "", row["imageDigest"], day, day, 1) for row in expected.images(day)
            if row["repositoryName"] == parameters["repository"] and parameters["tag"] in (row["imageTags"] or ())]


# Of one day, on which one listing is incomplete, without settings.
NO_ROWS = {"growth", "diff_images", "diff_tags", "replica_drift", "repository_settings"}


def plain(value):
    """A value as both sides have it."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(timespec="microseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        return datetime.datetime.fromisoformat(value).replace(tzinfo=None).isoformat(timespec="microseconds")
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return int(value) if value == int(value) else float(f"{float(value):.6g}")


def settled(rows):
    return sorted((tuple(map(plain, row)) for row in rows), key=lambda row: [(value is not None, str(value)) for value in row])


class DuckDB:
    """The lake in DuckDB, with the views of lake/tables/duckdb.sql."""

    name = "duckdb"

    def __init__(self, lake, running):
        import duckdb
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute((QUESTIONS / "tables/duckdb.sql").read_text().replace("LAKE/", f"{lake}/"))
        self.connection.execute("CREATE TABLE running (registry_id VARCHAR, region VARCHAR, repository_name VARCHAR, image_digest VARCHAR)")
        self.connection.executemany("INSERT INTO running VALUES (?, ?, ?, ?)", running)

    def ask(self, name, parameters):
        return self.connection.execute((QUESTIONS / "duckdb" / f"{name}.sql").read_text(), parameters).fetchall()


class Spark:
    """The lake in a local Spark session, with the views of lake/tables/spark.sql."""

    name = "spark"

    def __init__(self, lake, running):
        from pyspark.sql import SparkSession
        builder = SparkSession.builder.master("local[2]").appName("ecrsnap lake")
        for setting, value in {
            "spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2",
            "spark.ui.showConsoleProgress": "false", "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
            "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.log.level": "ERROR",
        }.items():
            builder = builder.config(setting, value)
        self.session = builder.getOrCreate()
        for statement in (QUESTIONS / "tables/spark.sql").read_text().replace("LAKE/", f"{lake}/").split(";"):
            if statement.strip():
                self.session.sql(statement)
        columns = "registry_id STRING, region STRING, repository_name STRING, image_digest STRING"
        self.session.createDataFrame([tuple(row) for row in running], columns).createOrReplaceTempView("running")

    def ask(self, name, parameters):
        return [tuple(row) for row in self.session.sql((QUESTIONS / "spark" / f"{name}.sql").read_text(), args=parameters).collect()]


def parse_trino():
    """The questions for Trino and Athena are not run here; at least they are Trino's SQL."""
    import sqlglot
    for path in sorted((QUESTIONS / "trino").glob("*.sql")):
        sqlglot.parse_one(path.read_text(), read="trino")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engines", default="duckdb,spark")
    parser.add_argument("--ecrsnap", default=str(ROOT / "target/debug/ecrsnap"))
    parser.add_argument("--keep", help="make database and lake in this folder, and keep them")
    parser.add_argument("--only", help="the one question to ask")
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.keep or tempfile.mkdtemp()).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        ecrsnap, lake = Ecrsnap(arguments.ecrsnap, str(folder / "ecrsnap.db")), folder / "lake"
        if not lake.exists():
            build(ecrsnap, folder)
            ecrsnap.run("export", "--format", "parquet", "--out", str(lake), "--all")
            put_old_files(lake)
        expected = Expected(ecrsnap)
        asked = cases(expected)
        questions = {path.stem for path in (QUESTIONS / "spark").glob("*.sql")}
        if questions != asked.keys():
            sys.exit(f"questions without parameters, or parameters without a question: {questions ^ asked.keys()}")
        answers = {name: [settled(getattr(expected, f"q_{name}")(**parameters)) for parameters in all_of]
                   for name, all_of in asked.items() if arguments.only in (None, name)}
        print(f"database, lake and expected answers: {time.monotonic() - began:.1f} s", flush=True)
        parse_trino()
        old, asked_old = old_lake(ecrsnap, folder / "old-lake"), old_cases(expected)
        answers_old = {name: [settled(old_answer(expected, name, parameters)) for parameters in all_of]
                       for name, all_of in asked_old.items() if arguments.only in (None, name)}
        wrong = 0
        for engine in arguments.engines.split(","):
            make = {"duckdb": DuckDB, "spark": Spark}[engine]
            wrong += compare(make, lake, expected.running(), asked, answers)
            print(f"{make.name}: files of version 1 alone", flush=True)
            wrong += compare(make, old, expected.running(), asked_old, answers_old, NO_ROWS)
        return 1 if wrong else 0
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)


def compare(make, lake, running, asked, answers, may_be_empty=()):
    """Ask an engine every question; the number of wrong answers."""
    began = time.monotonic()
    engine = make(lake, running)
    print(f"{make.name}: ready after {time.monotonic() - began:.1f} s", flush=True)
    wrong, rows, total = 0, 0, time.monotonic()
    for name, all_of in answers.items():
        began, found, empty = time.monotonic(), 0, True
        for parameters, expected in zip(asked[name], all_of):
            answer = settled(engine.ask(name, parameters))
            found, empty = found + len(answer), empty and not expected
            if answer != expected:
                wrong += 1
                show(make.name, name, parameters, answer, expected)
        if empty and name not in may_be_empty:
            wrong += 1
            print(f"{make.name} {name}: no parameters give a row, which proves nothing")
        rows += found
        print(f"{make.name} {name}: {len(all_of)} answers, {found} rows, {time.monotonic() - began:.1f} s", flush=True)
    print(f"{make.name}: {rows} rows compared, {wrong} wrong answers, {time.monotonic() - total:.1f} s", flush=True)
    return wrong


def show(engine, name, parameters, answer, expected):
    print(f"{engine} {name} {parameters}: {len(answer)} rows, {len(expected)} expected")
    ours, theirs = collections.Counter(map(str, expected)), collections.Counter(map(str, answer))
    for row in list((theirs - ours).elements())[:4]:
        print(f"  not expected: {row}")
    for row in list((ours - theirs).elements())[:4]:
        print(f"  missing:      {row}")


if __name__ == "__main__":
    sys.exit(main())
