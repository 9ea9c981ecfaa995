"""Checks what other programs read: metrics, the Grafana dashboard, alerts, and datasette's metadata.

    python tests/monitoring/check.py PATH/TO/ecrsnap [--promtool PATH]

Ingests the samples into a temporary database. The metrics of `report --format openmetrics` and of `serve` are read by
the parser of `prometheus_client` (and by `promtool`, if given); the dashboard and the alerts may only use metrics and
labels that exist; a real datasette serves the database with the metadata.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus_text

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "monitoring"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("ecrsnap", type=pathlib.Path)
    arguments.add_argument("--promtool")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        db = pathlib.Path(folder) / "ecrsnap.db"
        program = [str(options.ecrsnap.resolve()), "--db", str(db)]
        for day in ("2026-03-01", "2026-03-08", "2026-03-15"):
            run([*program, "ingest", str(ROOT / "samples" / day), "--snapshot", day, "--captured-at", day])
        text = run([*program, "report", "--format", "openmetrics"])
        families = check_metrics(text)
        check_figures(families, json.loads(run([*program, "report", "--snapshot", "latest", "--format", "json"])))
        check_serve(program, families)
        if options.promtool:
            checked = subprocess.run([options.promtool, "check", "metrics"], input=text, text=True, capture_output=True)
            assert checked.returncode in (0, 3), checked.stderr  # 3: only style
            print(f"promtool: {checked.stderr.strip() or 'no complaint'}")
            run([options.promtool, "check", "rules", str(MONITORING / "rules.yml")])
            run([options.promtool, "check", "config", "--syntax-only", str(MONITORING / "prometheus.yml")])
        check_dashboard(families)
        check_rules(families)
        check_datasette(db, program)
    print("monitoring: ok")


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def check_metrics(text):
    """Both formats read the text, with the same samples; names follow the conventions."""
    assert text.endswith("# EOF\n")
    families = {family.name: family for family in open_metrics(text)}
    assert len(families) > 15, families.keys()
    older = {family.name: family for family in prometheus_text(text)}
    for name, family in families.items():
        assert family.type == "gauge" and family.documentation, name
        assert name.startswith("ecrsnap_"), name
        assert not family.unit or name.endswith("_" + family.unit), name
        assert not name.endswith(("_total", "_count", "_sum", "_bucket")), f"{name} is the name of another type"
        assert [(s.labels, s.value) for s in family.samples] == [(s.labels, s.value) for s in older[name].samples], name
        labels = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        assert len(labels) == len(set(labels)), f"{name}: a series twice"
    return families


def total(families, name, **labels):
    samples = families[name].samples
    return sum(s.value for s in samples if all(s.labels.get(key) == value for key, value in labels.items()))


def check_figures(families, report):
    """The sums of the metrics are the totals of the report."""
    last = report["snapshots"][-1]
    for name, figure in [
        ("ecrsnap_images", "images"),
        ("ecrsnap_tagged_images", "tagged"),
        ("ecrsnap_untagged_images", "untagged"),
        ("ecrsnap_archived_images", "archived"),
        ("ecrsnap_counted_images", "counted"),
        ("ecrsnap_images_size_bytes", "bytes"),
        ("ecrsnap_repositories", "repositories"),
    ]:
        assert total(families, name) == last[figure], name
    for severity, count in last["findings"].items():
        assert total(families, "ecrsnap_findings", severity=severity) == count, severity
    # Findings that are unknown are not 0: a repository without counts has no series.
    counted = {r["repositoryName"] for r in report["repositories"] if r["counted"] > 0}
    assert {s.labels["repository"] for s in families["ecrsnap_findings"].samples} == counted


def check_serve(program, families):
    """`serve` has the same metrics of the newest snapshot, with the media type that Prometheus asks for."""
    server = subprocess.Popen([*program, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().split()[-1]
        for _ in range(2):
            with urllib.request.urlopen(f"{address}/metrics", timeout=30) as answer:
                assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
                served = {family.name: family for family in open_metrics(answer.read().decode())}
            for name in families.keys() - {"ecrsnap_snapshots"}:
                assert families[name].samples == served[name].samples, name
    finally:
        server.terminate()
        server.wait(30)


NAME = re.compile(r"\becrsnap_\w+")


def names_and_labels(families, expression):
    for name in NAME.findall(expression):
        assert name in families, f"{expression}: no metric {name}"
    for name, matchers in re.findall(r"(ecrsnap_\w+)\{([^}]*)\}", expression):
        known = families[name].samples[0].labels.keys()
        for label in re.findall(r"(\w+)\s*=?[=~]", matchers):
            assert label in known, f"{expression}: {name} has no label {label}"


def check_dashboard(families):
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)) >= 10
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24, f"{panel['title']} overlaps"
        taken |= cells
        for target in panel["targets"]:
            names_and_labels(families, target["expr"])
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= variables, target["expr"]
    for variable in dashboard["templating"]["list"]:
        names_and_labels(families, variable.get("definition", ""))
    print(f"dashboard: {len(ids)} panels")


def check_rules(families):
    rules = yaml.safe_load((MONITORING / "rules.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            names_and_labels(families, rule["expr"])


def check_datasette(db, program):
    """A real datasette shows the views with their descriptions, hides all tables, and runs the queries."""
    metadata = MONITORING / "datasette" / "metadata.yml"
    command = [sys.executable, "-m", "datasette", "serve", "--immutable", str(db), "--metadata", str(metadata), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        address = None
        for line in server.stdout:
            if found := re.search(r"running on (http://\S+)", line):
                address = found[1]
                break
        assert address, "datasette did not start"

        def get(path):
            for attempt in range(20):
                try:
                    with urllib.request.urlopen(address + path, timeout=60) as answer:
                        return answer.read().decode()
                except urllib.error.URLError:
                    if attempt == 19:
                        raise
                    time.sleep(0.2)

        database = json.loads(get("/ecrsnap.json"))
        shown = [table["name"] for table in database["tables"] if not table["hidden"]]
        assert shown == [], f"tables that metadata.yml does not hide: {shown}"
        views = {view["name"] if isinstance(view, dict) else view for view in database["views"]}
        described = yaml.safe_load(metadata.read_text())["databases"]["ecrsnap"]["tables"]
        assert views == {name for name, entry in described.items() if "description" in entry}, views
        for view in sorted(views):
            page = get(f"/ecrsnap/{view}")
            assert described[view]["description"] in page, view
            columns = json.loads(get(f"/ecrsnap/{view}.json?_size=1"))["columns"]
            missing = set(described[view].get("columns", {})) - set(columns)
            assert not missing, f"{view} has no column {missing}"
        for name, value in [
            ("untagged_by_repository", "tools/builder"),
            ("where_is_a_tag?repository_name=shop/web&image_tag=prod", "sha256:"),
        ]:
            assert value in get(f"/ecrsnap/{name}"), name
        print(f"datasette: {len(views)} views")
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    main()
