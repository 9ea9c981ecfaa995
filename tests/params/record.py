#!/usr/bin/env python3
"""Record what the real clients make of parameters, for tests/params/mod.rs.

    python3 tests/params/record.py --v1 PATH-OF-AWS-1 --v2 PATH-OF-AWS-2 [--jobs N]

Runs both clients over the list in case_list.py against an endpoint of its own on the loopback
interface, and writes cases.json: the body of the request that a client sent, or what it printed and
its exit status. With the Python that has AWS CLI v1 installed, it also writes shorthand.json:
seeded random texts and what the client's shorthand parser makes of each, called directly.
"""

import argparse
import base64
import concurrent.futures
import http.server
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import threading

from case_list import CASES, FILES

HERE = pathlib.Path(__file__).parent
HOME = "/home/ecr"


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Answers any call with nothing, and keeps its body."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        answer = b'{"imageDetails": [], "imageIds": [], "repositories": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def run(program, case, folder):
    """What one client does with one argument line."""
    with http.server.HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        server.bodies = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "FOLDER": "sub",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
        done = subprocess.run(
            [program, "ecr", *case, "--endpoint-url", url],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
        )
        server.shutdown()
    stdout, stderr = (
        stream.decode().replace(folder, HOME) for stream in (done.stdout, done.stderr)
    )
    if server.bodies:
        return {"request": server.bodies[0]}
    outcome = {"status": done.returncode}
    if stdout:
        # The client draws one of the listed values by chance; the program takes the first.
        stdout = re.sub(r'("?tagStatus"?: "?)(TAGGED|UNTAGGED|ANY)\b', r"\1TAGGED", stdout)
        stdout = re.sub(r'("?imageStatus"?: "?)(ACTIVE|ARCHIVED|ACTIVATING|ANY)\b', r"\1ACTIVE", stdout)
        outcome["stdout"] = stdout
    if stderr:
        outcome["stderr"] = stderr
    return outcome


def knows(client, case):
    """YAML came with v2; that v1 refuses the option is for the tests of the argument line."""
    return client == "v2" or not {"--cli-input-yaml", "yaml-input"} & set(case)


def recorded(client):
    """What `cases.json` has of a client, by the words of the line."""
    cases = json.loads((HERE / "cases.json").read_text())["cases"]
    return {tuple(case["args"]): case[client] for case in cases if client in case}


def record_cases(clients, jobs, keep=None):
    kept = {keep: recorded(keep)} if keep else {}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in FILES.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            def outcome(client, program, case):
                known = kept.get(client, {}).get(tuple(case))
                return known or run(program, case, folder)

            futures = [
                {client: pool.submit(outcome, client, program, case) for client, program in clients.items() if knows(client, case)}
                for case in CASES
            ]
            cases = [
                {"args": case, **{client: future.result() for client, future in row.items()}}
                for case, row in zip(CASES, futures)
            ]
    files = {name: base64.b64encode(content).decode() for name, content in FILES.items()}
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    text = f'{{"files": {json.dumps(files)},\n"cases": [\n{lines}\n]}}\n'
    (HERE / "cases.json").write_text(text)


def record_shorthand(count=3000):
    """Random texts out of the pieces that matter to the parser."""
    from awscli.shorthand import ShorthandParseError, ShorthandParser

    pieces = list("ab=,[]{}'\"\\@ \n.:é€\x0b\xa0\x1c~!^|<") + [
        "a=", "b=", "a=[", "a={", "},", "],", "\\,", "\\'", '\\"', "\\\\", "'x'", '"y"', "key=value", ", ", "😀", "\uffff",
    ]
    chance = random.Random(2015)
    rows = []
    seen = set()
    while len(rows) < count:
        text = "".join(chance.choices(pieces, k=chance.randint(1, 12)))
        if chance.random() < 0.6:
            text = "a=" + text
        if text in seen:
            continue
        seen.add(text)
        try:
            rows.append([text, repr(ShorthandParser().parse(text)), None])
        except ShorthandParseError as error:
            expected = getattr(error, "expected", None)
            rows.append([text, None, [expected, getattr(error, "actual", None), error._error_location()]])
    lines = ",\n".join(json.dumps(row) for row in rows)
    (HERE / "shorthand.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--v1", required=True, help="path of an AWS CLI v1")
    parser.add_argument("--v2", required=True, help="path of an AWS CLI v2")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", choices=["v1", "v2"], help="keep what is recorded of this client, and ask it the rest")
    options = parser.parse_args()
    record_shorthand()
    record_cases({"v1": options.v1, "v2": options.v2}, options.jobs, options.keep)
