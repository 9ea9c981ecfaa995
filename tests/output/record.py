#!/usr/bin/env python3
"""Record what the real AWS CLI prints, for tests/output/mod.rs to compare with.

    python3 tests/output/record.py AWS_V1 AWS_V2 > tests/output/cases.json

AWS_V1 and AWS_V2 are the paths of the two programs. Both talk to a server in this process, on
loopback, that answers every call with one page. Any value is brought before a formatter by
`--query` with a JMESPath literal. Linux alone: widths other than 80 need a pseudo-terminal.

One row for each value; in it one entry for each format, width and colour, with the release lines
that print exactly this.
"""

import concurrent.futures
import fcntl
import http.server
import json
import os
import pty
import random
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import unicodedata

from values import COLOURED, FULL_PAGE, HAND_PICKED, WIDTHS, random_cases

# Nothing is in it, so that no file of the machine's user has a say.
HOME = tempfile.TemporaryDirectory()

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": HOME.name,
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_PAGER": "",
}
FORMATS = {"v1": ["json", "text", "table"], "v2": ["json", "text", "table", "yaml", "yaml-stream"]}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers every call with the page of `FULL_PAGE`."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps(FULL_PAGE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def literal(value):
    """A JMESPath literal; a backtick would end it."""
    return "`" + json.dumps(value).replace("`", "\\u0060") + "`"


def on_pipe(argv, environment):
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    return done.stdout, done.stderr


def on_terminal(argv, environment, columns):
    """Run on a terminal of that width which changes no newline."""
    ours, theirs = pty.openpty()
    attributes = termios.tcgetattr(theirs)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        argv, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE
    )
    os.close(theirs)
    output = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        output += piece
    os.close(ours)
    return output, process.communicate()[1]


def has_unassigned(value):
    """Whether a text in it has a code point that is no character. Their width in a table is the
    interpreter's affair: two columns before Python 3.12, one since. v2 brings its own; v1 runs on
    any, so nothing is recorded of it."""
    return any(unicodedata.category(c) == "Cn" for c in json.dumps(value, ensure_ascii=False))


class Recorder:
    def __init__(self, programs, port):
        self.programs = programs
        self.endpoint = f"http://127.0.0.1:{port}"

    def run(self, cli, output, query=None, columns=80, colour="off", paginated=True):
        argv = [self.programs[cli], "--endpoint-url", self.endpoint, "--output", output]
        argv += ["ecr", "describe-images", "--repository-name", "team/app"]
        argv += ["--color", "off" if colour == "off" else "on"]
        argv += [] if query is None else ["--query", query]
        argv += [] if paginated else ["--no-paginate"]
        environment = dict(ENVIRONMENT, AWS_PAGER="cat" if colour == "pager" else "")
        if columns == 80 and colour in ("off", "pipe"):
            stdout, stderr = on_pipe(argv, environment)
        else:
            stdout, stderr = on_terminal(argv, environment, columns)
        # Both release lines put an empty line before a message, and v2 its name.
        error = stderr.decode().strip().removeprefix("aws: [ERROR]: ")
        return {"stdout": stdout.decode(), **({"error": error} if error else {})}

    def row(self, pool, name, value, requests):
        """A row; `requests` holds tuples (cli, format, options)."""
        if has_unassigned(value):
            requests = [request for request in requests if request[:2] != ("v1", "table")]
        jobs = [
            (cli, output, options, pool.submit(self.run, cli, output, literal(value), **options))
            for cli, output, options in requests
        ]
        entries = []
        for cli, output, options, job in jobs:
            key = {"format": output, **options}
            result = job.result()
            for entry in entries:
                if entry["key"] == key and entry["result"] == result:
                    entry["clis"].append(cli)
                    break
            else:
                entries.append({"key": key, "clis": [cli], "result": result})
        outputs = [{"cli": e["clis"], **e["key"], **e["result"]} for e in entries]
        return {"name": name, "value": value, "outputs": outputs}


def rows(recorder, pool):
    everywhere = [(cli, output, {}) for cli in FORMATS for output in FORMATS[cli]]
    tables = [("v1", "table"), ("v2", "table")]
    for name, value in HAND_PICKED:
        yield recorder.row(pool, name, value, everywhere)
    # A whole response, in each release line's own form of the times.
    for cli in FORMATS:
        value = json.loads(recorder.run(cli, "json")["stdout"])
        requests = [(cli, output, {}) for output in FORMATS[cli]]
        requests += [(cli, "table", {"columns": columns}) for columns in WIDTHS]
        yield recorder.row(pool, f"a whole response of {cli}", value, requests)
    for name, value in COLOURED:
        requests = [(*table, {"colour": colour}) for table in tables for colour in ("pipe", "terminal")]
        requests += [("v2", "table", {"colour": "pager"})]
        requests += [(*table, {"columns": 30, "colour": "terminal"}) for table in tables]
        yield recorder.row(pool, name, value, requests)
    unpaginated = {"paginated": False}
    yield recorder.row(pool, "nothing, unpaginated", {}, [("v2", "yaml-stream", unpaginated), ("v2", "yaml", unpaginated)])
    yield recorder.row(pool, "off", [1], [("v2", "off", {})])
    for output, name, value, columns in random_cases(random.Random(20240131)):
        clis = [cli for cli in FORMATS if output in FORMATS[cli]]
        options = {} if columns == 80 else {"columns": columns}
        yield recorder.row(pool, name, value, [(cli, output, options) for cli in clis])


def main():
    programs = dict(zip(("v1", "v2"), sys.argv[1:], strict=True))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    recorder = Recorder(programs, server.server_port)
    versions = {
        cli: subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()[0]
        for cli, program in programs.items()
    }
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        recorded = list(rows(recorder, pool))
    # A line for each row keeps differences readable.
    print("{")
    print(f'"clients": {json.dumps(versions)},')
    print('"rows": [')
    print(",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in recorded))
    print("]\n}")


if __name__ == "__main__":
    main()
