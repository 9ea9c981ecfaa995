#!/usr/bin/env python3
"""Runs the same work with ecrsnap and with its peers, side by side, as whole processes.

Prints a Markdown table, and writes every single run with machine and versions to benches/results/. Needs the
packages of requirements.txt; see README.md.
"""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from measure import medians, run, small_memory
from rows import ROWS
from scene import HERE, Scene

TARGET = HERE.parent / "target"


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ecrsnap", type=Path, default=TARGET / "release" / "ecrsnap", help="the program under test")
    parser.add_argument("--aws", default="aws", help="the AWS CLI v2")
    parser.add_argument("--generator", type=Path, help="a built generator (default: cargo builds it)")
    parser.add_argument("--data", type=Path, default=TARGET / "bench-data", help="exports, made when missing")
    parser.add_argument("--work", type=Path, default=TARGET / "bench-work", help="databases, overwritten")
    parser.add_argument("--runs", type=int, help="runs of each slow command (default 3, in a smoke run 1)")
    parser.add_argument("--quick-runs", type=int, help="runs of each quick command (default 15, in a smoke run 3)")
    parser.add_argument("--rows", help="only these rows, as a regular expression")
    parser.add_argument("--tools", help="only these tools, as a regular expression")
    parser.add_argument("--smoke", action="store_true", help="20,000 images instead of a million: under a minute")
    parser.add_argument("--name", help="name of the result file (default: smoke or full)")
    parser.add_argument("--no-save", action="store_true", help="write no result file")
    chosen = parser.parse_args()
    chosen.runs = chosen.runs or (1 if chosen.smoke else 3)
    chosen.quick_runs = chosen.quick_runs or (3 if chosen.smoke else 15)
    chosen.ecrsnap, chosen.data, chosen.work = (p.absolute() for p in (chosen.ecrsnap, chosen.data, chosen.work))
    return chosen


def main():
    chosen = options()
    scene = Scene(chosen)
    before, begin = os.getloadavg(), time.monotonic()
    results = []
    try:
        for row in ROWS:
            if re.search(chosen.rows or "", row.name):
                print(f"{time.monotonic() - begin:6.0f} s  {row.name}", file=sys.stderr)
                results.append(measured(row, scene, chosen))
    except KeyboardInterrupt:
        print("interrupted; what was measured so far is kept", file=sys.stderr)
    finally:
        scene.close()
    print(table(results), loads(results), judged(results, scene.images), sep="\n\n")
    if chosen.no_save:
        return
    save(chosen, scene, before, results)


def save(chosen, scene, before, results):
    """Writes every run with what it was taken on."""
    report = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "images": scene.images,
        "machine": machine() | {"load_before": before, "load_after": os.getloadavg()},
        "versions": versions(scene),
        "rows": results,
    }
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    name = chosen.name or ("smoke" if chosen.smoke else "full")
    path = folder / f"{report['date'][:10]}-{name}.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\nraw rows: {path}")


def measured(row, scene, chosen):
    """The measures of a row. One that cannot be set up fails alone."""
    try:
        return measure(row, scene, chosen)
    except (OSError, subprocess.SubprocessError, ValueError, StopIteration) as error:
        print(f"{row.name}: {type(error).__name__}: {error}", file=sys.stderr)
        return {"name": row.name, "work": row.work, "tools": {}, "goals": [asdict(goal) for goal in row.goals]}


def nameless(argv, scene):
    """A command without the folders of one machine."""
    folders = {
        str(scene.data): "DATA",
        str(scene.work): "WORK",
        f"{Path(sys.prefix) / 'bin'}/": "",
        f"{HERE.parent}/": "",
    }
    words = []
    for word in map(str, argv):
        for folder, name in folders.items():
            word = word.replace(folder, name)
        words.append(word)
    return words


def measure(row, scene, chosen):
    """Runs the commands of a row in turns, so that a busy moment of the machine falls on all of them."""
    every = row.commands(scene)
    commands = {tool: command for tool, command in every.items() if re.search(chosen.tools or "", tool)}
    runs = {tool: [] for tool in commands}
    for _ in range(chosen.quick_runs if row.quick else chosen.runs):
        for tool, command in commands.items():
            # What failed once is not tried again.
            enough = command.most is not None and len(runs[tool]) >= command.most
            if not enough and not any(each.status for each in runs[tool]):
                runs[tool].append(run(command, scene.work))
    tools = {}
    for tool, done in runs.items():
        tools[tool] = {"command": nameless(commands[tool].argv, scene), "runs": [asdict(each) for each in done]}
        if done[-1].status == 0:
            tools[tool] |= medians(done)
            if not commands[tool].figures:
                tools[tool]["memory"] = small_memory(commands[tool], scene.work, done)
    goals = [asdict(goal) for goal in row.goals]
    return {"name": row.name, "work": row.work, "tools": tools, "goals": goals}


def table(results):
    """Each tool's medians, and how ours stands beside it; the fastest of a row is bold."""
    lines = ["| work | tool | wall | cpu | peak memory | database | ecrsnap takes |", "|---|---|--:|--:|--:|--:|--:|"]
    for row in results:
        ours = row["tools"].get("ecrsnap", {}).get("wall")
        best = min((tool["wall"] for tool in row["tools"].values() if "wall" in tool), default=None)
        for index, (name, tool) in enumerate(row["tools"].items()):
            work = f"{row['work']}" if index == 0 else ""
            if "rate" in tool:
                continue
            if "wall" not in tool:
                last = tool["runs"][-1]
                absent = last["status"] == 127 or "unrecognized subcommand" in last["complaint"]
                why = "missing" if absent else f"failed ({last['status']}): {last['complaint'][:60]}"
                lines.append(f"| {work} | {name} | {why} | | | | |")
                continue
            wall = f"**{seconds(tool['wall'])}**" if tool["wall"] == best else seconds(tool["wall"])
            ratio = "" if name == "ecrsnap" or ours is None else f"{ours / tool['wall']:.3g} of it"
            size = f"{tool['size'] / 1e6:.1f} MB" if tool["size"] is not None else ""
            memory = f"{tool['memory'] / 1e6:.0f} MB"
            lines.append(f"| {work} | {name} | {wall} | {seconds(tool['cpu'])} | {memory} | {size} | {ratio} |")
    return "\n".join(lines)


def loads(results):
    """What the servers did under load."""
    lines = ["| load | server | pages a second | median | 99 of 100 within |", "|---|---|--:|--:|--:|"]
    for row in results:
        for name, tool in row["tools"].items():
            if "rate" in tool:
                times = " | ".join(seconds(tool[percent]) for percent in ("p50", "p99"))
                lines.append(f"| {row['work']} | {name} | {tool['rate']:.0f} | {times} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def judged(results, images):
    """What was to be reached, and whether it was."""
    rows = {row["name"]: row["tools"] for row in results}
    lines = ["| row | goal | reached | by cpu | |", "|---|---|--:|--:|---|"]
    for row in results:
        for goal in row["goals"]:
            measure, limit, beside = goal["measure"], goal["limit"], goal["beside"]
            member = measure.split("/", maxsplit=1)[0]
            ours = rows[row["name"]].get("ecrsnap", {})
            figure, by_cpu = ours.get(member), ""
            text = f"{measure} at most {amount(measure, limit, beside)}"
            if beside:
                text += f" of {beside[1]}" + (f" in {beside[0]}" if beside[0] != row["name"] else "")
                other = figure_beside(rows, beside, member)
                figure = figure / other if figure is not None and other else None
                if figure is not None and member == "wall":
                    # On a busy machine this is the steadier of the two.
                    by_cpu = f"{ours['cpu'] / figure_beside(rows, beside, 'cpu'):.4g}"
            elif figure is not None and measure == "size/image":
                figure /= images
            if figure is None:
                lines.append(f"| {row['name']} | {text} | | | not measured |")
                continue
            verdict = "reached" if figure <= limit else "**missed**"
            lines.append(f"| {row['name']} | {text} | {amount(measure, figure, beside)} | {by_cpu} | {verdict} |")
    return "\n".join(lines)


def figure_beside(rows, beside, member):
    row, tool = beside
    tools = rows.get(row, {})
    if tool != "peers":
        return tools.get(tool, {}).get(member)
    return min((each[member] for name, each in tools.items() if name != "ecrsnap" and member in each), default=None)


def amount(measure, value, beside):
    if beside:
        return f"{value:.4g}"
    return {"wall": seconds, "p99": seconds, "memory": lambda v: f"{v / 1e6:.0f} MB"}.get(measure, lambda v: f"{v:.0f} bytes")(value)


def seconds(value):
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def machine():
    """What the numbers were taken on."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": platform.platform(), "processor": model.group(1) if model else platform.machine(),
        "cores": os.cpu_count(), "memory": memory,
    }


def versions(scene):
    """What was compared."""
    package = "import importlib.metadata; print(importlib.metadata.version({!r}))"
    commands = {
        "moto": [scene.python, "-c", package.format("moto")],
        "ecrsnap": [scene.ecrsnap, "--version"], "jq": ["jq", "--version"], "AWS CLI": [scene.aws, "--version"],
        "sqlite-utils": [scene.tool("sqlite-utils"), "--version"],
        "DuckDB": [scene.python, "-c", "import duckdb; print(duckdb.__version__)"],
        "chdb": [scene.python, "-c", "import chdb; print(chdb.__version__)"],
    }
    found = {"Python": platform.python_version()}
    for name, command in commands.items():
        try:
            answer = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True)
            found[name] = answer.stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            found[name] = "missing"
    return found


if __name__ == "__main__":
    main()
