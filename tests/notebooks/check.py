"""Runs every block of docs/notebooks.md in order and compares what it prints with the `text` block after it.

    python tests/notebooks/check.py PATH/TO/ecrsnap [--write]

`sh` blocks run in a temporary folder that has the samples; all Python blocks share one interpreter; `r` blocks run with
Rscript, which must be installed. `--write` puts what was printed into the document.
"""

import argparse
import contextlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "notebooks.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```\n", re.S)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("ecrsnap", type=pathlib.Path)
    arguments.add_argument("--write", action="store_true", help="put what was printed into the document")
    options = arguments.parse_args()
    page = PAGE.read_text()
    blocks = list(BLOCK.finditer(page))
    names = {}
    failures, pieces, end = [], [], 0
    environment = dict(os.environ, PATH=f"{options.ecrsnap.resolve().parent}{os.pathsep}{os.environ['PATH']}")
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.symlink(ROOT / "samples", "samples")
        printed = None
        for block in blocks:
            language, text = block[1], block[2]
            if language == "text":
                found = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
                if found != text:
                    failures.append(f"expected\n{text}but the block printed\n{found}")
                pieces += [page[end : block.start(2)], found]
                end = block.end(2)
                printed = None
                continue
            assert not printed, f"a block printed this, and no text block has it:\n{printed}"
            printed = run(language, text, names, environment)
        os.chdir(before)
    if options.write:
        PAGE.write_text("".join(pieces) + page[end:])
    elif failures:
        sys.exit("\n".join(failures))
    print(f"notebooks: {len(blocks)} blocks ok")


def run(language, text, names, environment):
    if language == "python":
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(text, "docs/notebooks.md", "exec"), names)
        return out.getvalue()
    command = {"sh": ["sh", "-euc", text], "r": ["Rscript", "-e", text]}[language]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    return done.stdout


if __name__ == "__main__":
    main()
