"""Ask the real AWS CLIs through `ecrsnap serve`, and `ecrsnap` offline, the same lines.

    .venv/bin/python tests/conformance/compare.py            # compare; exit status 1 where something differs
    .venv/bin/python tests/conformance/compare.py --record   # write what the real clients print to recordings/

`scripts/install-clients.sh` installs the clients. Both releases are asked every line of `lines/` over
the registry in `registry/`, at the same database. A comparison looks at three things: that `ecrsnap`
prints what the real client prints, byte for byte but for the program's name; that the recordings are
what the real client prints; and that SDKs see the same images (`walks.py`).
"""

import argparse
import concurrent.futures
import contextlib
import difflib
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import lines
import registry
import walks

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
RECORDINGS = HERE / "recordings"
CLIENTS = {
    "v1": ROOT / ".venv/bin/aws",
    "v2": ROOT / "target/clients/awscli/v2/2.36.12/dist/aws",
}
# Nothing is in it, so that no file of the machine's user has a say.
HOME = tempfile.TemporaryDirectory()
# A real client that hangs is a difference too.
LONGEST = 120


def sealed(line, **more):
    """The environment of every run: nothing of the machine's but where programs are; what the line sets goes last."""
    machine = {"PATH": os.environ["PATH"], "HOME": HOME.name, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    return {**machine, **more, **line.variables}


def real(line, address):
    environment = sealed(
        line,
        AWS_ACCESS_KEY_ID="x",
        AWS_SECRET_ACCESS_KEY="x",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_ENDPOINT_URL=address,
    )
    return run([CLIENTS[line.release], *line.words], environment)


def ours(line, program, database):
    environment = sealed(line, AWS_DEFAULT_REGION="us-east-1", ECRSNAP_DB=str(database))
    return run([program, "--aws-cli", line.release, *line.words], environment)


def run(words, environment):
    done = subprocess.run(
        words, env=environment, cwd=HERE / "files", stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST
    )
    return {"stdout": done.stdout.decode(), "stderr": done.stderr.decode(), "status": done.returncode}


def renamed(outcome):
    """What the real client printed, under our program's name; `mod.rs` has the same."""
    stderr = outcome["stderr"]
    for theirs, own in [
        ("aws: [ERROR]:", "ecrsnap: [ERROR]:"),
        ("aws: error:", "ecrsnap: error:"),
        ("usage: aws ", "usage: ecrsnap "),
        ("  aws ", "  ecrsnap "),
    ]:
        stderr = stderr.replace(theirs, own)
    return {**outcome, "stderr": stderr}


def ask_chain(chain, ask):
    """The outcomes of lines of which each may want the token of the one before."""
    asked, stdout = [], ""
    for line in chain:
        if line.wants_token:
            token = lines.token_of(stdout)
            if not token:
                raise ValueError(f"no token was printed for {line.text}, but {stdout[:300]!r}")
            line = line.with_token(token)
        outcome = ask(line)
        stdout = outcome["stdout"]
        asked.append((line, outcome))
    return asked


def ask_all(ask, chains, what):
    """All chains, as many at once as there are processors."""
    total, begun = len(chains), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        asked = list(pool.map(lambda chain: ask_chain(chain, ask), chains))
    flat = [pair for chain in asked for pair in chain]
    print(f"{what}: {len(flat)} lines in {time.monotonic() - begun:.0f} s ({total} chains)", flush=True)
    return flat


def program():
    subprocess.run(["cargo", "build", "--quiet"], cwd=ROOT, check=True)
    metadata = subprocess.check_output(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    return pathlib.Path(json.loads(metadata)["target_directory"]) / "debug" / "ecrsnap"


def ingest(ecrsnap, database):
    words = ["ingest", HERE / "registry", *registry.INGEST]
    subprocess.run([ecrsnap, "--db", database, *words], check=True, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def served(ecrsnap, database):
    """The address of a server of the database."""
    with subprocess.Popen([ecrsnap, "--db", database, "serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()


# The commonest loop of public scripts. What `aws` is stands on the path. One repository has members that the real
# client's model lacks and drops; `ecrsnap` prints them.
LOOP = """for r in $(aws ecr describe-repositories --query 'repositories[].repositoryName' --output text); do
  [ "$r" = newer/members ] && continue
  aws ecr describe-images --repository-name "$r"
done"""


def loop_differences(address, ecrsnap, database):
    """The loop by the real version 2 through `serve`, and by a link named `aws` to the program, offline."""
    outcomes = {}
    for name, program, more in [
        ("real", CLIENTS["v2"], {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}),
        ("ecrsnap", ecrsnap, {"ECRSNAP_DB": str(database)}),
    ]:
        with tempfile.TemporaryDirectory() as bin:
            (pathlib.Path(bin) / "aws").symlink_to(program)
            machine = {"PATH": bin, "HOME": HOME.name, "TZ": "UTC", "LC_ALL": "C.UTF-8", "AWS_DEFAULT_REGION": "us-east-1"}
            outcomes[name] = run(["/bin/sh", "-c", LOOP], {**machine, **more})
    real, own = renamed(outcomes["real"]), outcomes["ecrsnap"]
    if real == own and real["stdout"].count('"imageDetails"') > 10:
        return []
    return [difference("the loop over describe-repositories", real, own)]


def recorded(line, outcome):
    """A line and its outcome as a recording has them: texts as lists of lines, for the reader."""
    made = {"line": line.text, "args": line.words}
    if line.variables:
        made["env"] = line.variables
    for stream in ("stdout", "stderr"):
        if outcome[stream]:
            made[stream] = outcome[stream].split("\n")
    if outcome["status"]:
        made["status"] = outcome["status"]
    return made


def recordings(asked):
    """The files of recordings by path, with their text."""
    groups = {}
    for line, outcome in asked:
        groups.setdefault(RECORDINGS / line.release / f"{line.group}.json", []).append(recorded(line, outcome))
    return {path: json.dumps(cases, indent=1, ensure_ascii=False) + "\n" for path, cases in groups.items()}


def visible(text):
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def difference(title, expected, found):
    """A comparison of two outcomes for a reader."""
    told = [f"== {title}"]
    for part in ("status", "stderr", "stdout"):
        left, right = (str(outcome[part]).split("\n") for outcome in (expected, found))
        rows = difflib.unified_diff(left, right, f"real {part}", f"ecrsnap {part}", n=1, lineterm="")
        told += [visible(row) for row in itertools.islice(rows, 40)]
    return "\n".join(told)


def main():
    parser = argparse.ArgumentParser(description="Compare ecrsnap with the real AWS CLIs.")
    parser.add_argument("--record", action="store_true", help="write the recordings instead of comparing with them")
    parser.add_argument("--group", help="compare this group of lines alone")
    parser.add_argument("--release", choices=lines.RELEASES, help="compare this release line alone")
    arguments = parser.parse_args()
    for client in CLIENTS.values():
        if not client.is_file():
            sys.exit(f"{client} is not there: run scripts/install-clients.sh")
    ecrsnap = program()
    whole = not arguments.group and not arguments.release
    chains = [
        chain
        for chain in lines.chains()
        if arguments.group in (None, chain[0].group) and arguments.release in (None, chain[0].release)
    ]
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        database = pathlib.Path(folder) / "ecrsnap.db"
        ingest(ecrsnap, database)
        with served(ecrsnap, database) as address:
            live = ask_all(lambda line: real(line, address), chains, "real clients")
            offline = ask_all(lambda line: ours(line, ecrsnap, database), [[line] for line, _ in live], "ecrsnap")
            for (line, theirs), (_, own) in zip(live, offline):
                if renamed(theirs) != own:
                    failures.append(difference(f"{line.release} {line.group}: {line.text}", renamed(theirs), own))
            if not arguments.record and whole:
                failures += walks.differences(address, ecrsnap, database)
                failures += loop_differences(address, ecrsnap, database)
    files = recordings(live)
    if arguments.record:
        if whole:
            shutil.rmtree(RECORDINGS, ignore_errors=True)
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    else:
        for path, text in files.items():
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                failures.append(f"== {path.relative_to(ROOT)} is not what the real client prints now: --record it")
    if failures:
        sys.exit("\n".join(failures) + f"\n{len(failures)} differences")
    print(f"{len(live)} lines: no difference")


if __name__ == "__main__":
    main()
