"""One process, measured: wall time, processor time, peak memory. Knows nothing of what it runs."""

import os
import resource
import shutil
import signal
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Command:
    """A program and its arguments, and what has to stand before it may be timed."""

    argv: list
    stdin: Path | None = None
    before: object = None
    """Called before each run, untimed."""
    leaves: Path | None = None
    """The database whose bytes count."""
    env: dict = field(default_factory=dict)
    most: int | None = None
    """How often to run it at most: for what takes long and is far behind."""
    figures: object = None
    """Takes what the command printed and gives more figures by name; raises ValueError where it is no result."""


@dataclass
class Run:
    """What one run took; seconds and bytes."""

    wall: float
    cpu: float
    memory: int
    size: int | None
    status: int
    complaint: str
    figures: dict = field(default_factory=dict)


PATIENCE = 300
"""Seconds after which a process is ended and counts as failed."""


def run(command, scratch):
    """Runs a command to its end. Output goes to a file, as a person's redirection would send it."""
    argv = [str(argument) for argument in command.argv]
    program = shutil.which(argv[0])
    if program is None:
        return Run(0.0, 0.0, 0, None, 127, f"{argv[0]}: not found")
    if command.before:
        command.before()
    out, err = scratch / "stdout", scratch / "stderr"
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, str(command.stdin or os.devnull), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(out), write, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, str(err), write, 0o644),
    ]
    begin = time.perf_counter()
    child = os.posix_spawn(program, argv, {**os.environ, **command.env}, file_actions=actions)
    watch = threading.Timer(PATIENCE, os.kill, (child, signal.SIGKILL))
    watch.start()
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - begin
    watch.cancel()
    complaint = err.read_text(errors="replace").strip().splitlines()[:1] or [""]
    if wall >= PATIENCE:
        complaint = [f"took more than {PATIENCE} s"]
    outcome = Run(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss * 1024,
        size=size_of(command.leaves),
        status=os.waitstatus_to_exitcode(status),
        complaint=complaint[0][:300],
    )
    if command.figures and outcome.status == 0:
        try:
            outcome.figures = command.figures(out.read_text())
        except (ValueError, AttributeError) as error:
            outcome.status, outcome.complaint = 1, str(error)
    return outcome


def small_memory(command, scratch, runs):
    """The peak of a process that is smaller than this one.

    Linux counts the memory of the process that forked towards the child's peak, so a child of this Python never
    seems smaller than this Python. GNU time is small enough to stand between.
    """
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    peak = statistics.median(run.memory for run in runs)
    if peak > 1.2 * floor or shutil.which("/usr/bin/time") is None:
        return peak
    if command.before:
        command.before()
    report = scratch / "memory"
    with open(command.stdin or os.devnull, "rb") as stdin:
        subprocess.run(
            ["/usr/bin/time", "-f", "%M", "-o", report, *map(str, command.argv)],
            env={**os.environ, **command.env}, stdin=stdin, capture_output=True, check=False,
        )
    return int(report.read_text().split()[-1]) * 1024


def size_of(path):
    """The bytes of a file with its side files, or of a folder."""
    if path is None:
        return None
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return sum(each.stat().st_size for each in path.parent.glob(path.name + "*"))


def remove(path):
    """Removes a database, be it a file with side files or a folder."""
    if path.is_dir():
        shutil.rmtree(path)
    for each in path.parent.glob(path.name + "*"):
        each.unlink()


def copy(source, target):
    """Puts a copy of a database where the target was, if there is a source."""
    remove(target)
    if source.exists():
        shutil.copyfile(source, target)
        # Else the run that is measured, which commits, waits for the copy to reach the disk as well.
        with target.open("rb") as copied:
            os.fsync(copied.fileno())


def medians(runs):
    """The median of each measure."""
    return {
        "wall": statistics.median(run.wall for run in runs),
        "cpu": statistics.median(run.cpu for run in runs),
        "memory": statistics.median(run.memory for run in runs),
        "size": runs[-1].size,
    } | {name: statistics.median(run.figures[name] for run in runs) for name in runs[-1].figures}
