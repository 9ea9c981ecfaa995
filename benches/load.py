"""The load test: a mock of the service that is filled with one page, and what wrk says of a server.

wrk asks for pages of 100 over 32 connections for a few seconds, each connection as fast as it is answered.
"""

import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

from measure import Command

CONNECTIONS = 32
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def wrk(address, repository, script, seconds):
    """The command that asks a server for pages, with the figures that it prints: seconds a page, and percentiles."""
    return Command(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", script, address],
        env={"REPOSITORY": repository},
        figures=figures,
    )


def figures(printed):
    """What wrk found. An answer that is no page makes the run fail."""
    refused = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", printed)
    if refused:
        raise ValueError(refused.group(0))
    rate = float(re.search(r"Requests/sec:\s*([\d.]+)", printed).group(1))
    found = {"page": 1 / rate, "rate": rate}
    for percent in (50, 99):
        number, unit = re.search(rf"\b{percent}%\s+([\d.]+)(\w+)", printed).groups()
        found[f"p{percent}"] = float(number) * UNITS[unit]
    return found


class Moto:
    """moto's server with one repository of a hundred images, which is all that it is asked for."""

    def __init__(self, program, repository, images=100):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/"
        self.process = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            self.ask("CreateRepository", {"repositoryName": repository}, patience=60)
            for number in range(images):
                self.ask("PutImage", {"repositoryName": repository, "imageTag": f"v{number}", "imageManifest": manifest(number)})
        except (OSError, TimeoutError):
            self.close()
            raise

    def ask(self, operation, body, patience=0):
        """One call, tried again for some seconds while the server starts."""
        request = urllib.request.Request(self.address, json.dumps(body).encode(), {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AmazonEC2ContainerRegistry_V20150921.{operation}",
            "Authorization": "AWS4-HMAC-SHA256 Credential=x/20250101/us-east-1/ecr/aws4_request, "
                             "SignedHeaders=host, Signature=0",
        })
        until = time.monotonic() + patience
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.read()
            except urllib.error.HTTPError:
                raise
            except urllib.error.URLError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.2)

    def close(self):
        """Ends the server."""
        self.process.terminate()
        self.process.wait()


def manifest(number):
    """A manifest that differs from the others."""
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    config = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": number + 1, "digest": f"sha256:{number:064x}"}
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []})
