#!/usr/bin/env python3
"""Record how the real clients print a page as no service sends it: an empty list of tags and a null count.

    .venv/bin/python tests/client/record_edited.py     # writes edited.json

Runs the clients of `scripts/install-clients.sh` against an endpoint on the loopback interface that answers with the page.
"""

import http.server
import json
import pathlib
import subprocess
import tempfile
import threading

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
CLIENTS = {"v1": ROOT / ".venv/bin/aws", "v2": ROOT / "target/clients/awscli/v2/2.36.12/dist/aws"}
FORMATS = {"v1": ["json", "text", "table"], "v2": ["json", "text", "table", "yaml"]}
PAGE = {
    "imageDetails": [
        {
            "registryId": "123456789012",
            "repositoryName": "app",
            "imageDigest": "sha256:ab",
            "imageTags": [],
            "imagePushedAt": 1546320694.0,
            "imageScanFindingsSummary": {"findingSeverityCounts": {"LOW": 2, "HIGH": None, "A": 1}},
        },
        {
            "registryId": "123456789012",
            "repositoryName": "app",
            "imageDigest": "sha256:cd",
            "imageScanFindingsSummary": {"findingSeverityCounts": {"HIGH": None}},
        },
    ]
}
QUERIES = [
    None,
    "imageDetails[].imageTags",
    "imageDetails[].[imageTags, imageScanFindingsSummary.findingSeverityCounts.HIGH]",
    "imageDetails[].imageScanFindingsSummary.findingSeverityCounts.values(@)",
    "imageDetails[?imageTags].imageDigest",
]


class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(PAGE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    cases = []
    with http.server.HTTPServer(("127.0.0.1", 0), Endpoint) as server, tempfile.TemporaryDirectory() as home:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {
            "HOME": home, "TZ": "UTC", "LC_ALL": "C.UTF-8", "AWS_PAGER": "", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        }  # fmt: skip
        for release, formats in FORMATS.items():
            for form in formats:
                for query in QUERIES:
                    line = ["ecr", "describe-images", "--repository-name", "app", "--output", form]
                    line += ["--query", query] if query else []
                    done = subprocess.run(
                        [CLIENTS[release], *line], env=environment, stdin=subprocess.DEVNULL, capture_output=True
                    )
                    case = {"release": release, "line": line, "status": done.returncode}
                    cases.append({**case, "stdout": done.stdout.decode(), "stderr": done.stderr.decode()})
        server.shutdown()
    recording = {"page": json.dumps(PAGE), "cases": cases}
    (HERE / "edited.json").write_text(json.dumps(recording, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
