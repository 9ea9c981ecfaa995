"""Record what the real AWS CLI prints for the argument lines below: `cases.json` and `times.json`.

    AWS_V1=/path/to/aws AWS_V2=/path/to/aws python3 tests/client/record.py

Both clients talk to a small stand-in for ECR on loopback. The registry that it serves, and how it
answers, is told in `cases.json` too and made again in `tests/client/mod.rs`.

Lines that are recorded already are kept as they are; with `--all` everything is recorded anew.
"""

import base64
import concurrent.futures
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).parent
CLIENTS = {"v1": os.environ.get("AWS_V1", "aws"), "v2": os.environ.get("AWS_V2", "aws")}
REGISTRY = "123456789012"
DEFAULT_PAGE = 3
LARGEST_PAGE = 1000


def detail(repository, index):
    """A detail with a little of everything; each fifth has no tags."""
    made = {
        "registryId": REGISTRY,
        "repositoryName": repository,
        "imageDigest": f"sha256:{index:064x}",
        "imageTags": [f"v{index}", "é☃" if index % 3 else "latest"],
        "imageSizeInBytes": 1000 * index,
        "imagePushedAt": 1700000000.5 + index * 86400 * 30,
    }
    if index % 5 == 4:
        del made["imageTags"]
    return made


REPOSITORIES = {
    "app": [detail("app", index) for index in range(7)],
    "empty": [],
    "late": [detail("late", index) for index in range(5)],
    "loop": [detail("loop", index) for index in range(4)],
}


def answer(operation, request):
    """The status and body for a request; `tests/client/mod.rs` has the same in Rust."""

    def refuse(code, message):
        return 400, {"__type": code, "message": message}

    name = request.get("repositoryName")
    rows = REPOSITORIES.get(name)
    if rows is None:
        text = f"The repository with name '{name}' does not exist in the registry with id '{REGISTRY}'"
        return refuse("RepositoryNotFoundException", text)
    size = request.get("maxResults", DEFAULT_PAGE)
    if size > LARGEST_PAGE:
        return refuse("InvalidParameterException", f"maxResults {size}")
    if "imageIds" in request:
        if "maxResults" in request or "nextToken" in request:
            return refuse("InvalidParameterException", "imageIds with paging")
        tags = [image.get("imageTag") for image in request["imageIds"]]
        rows = [row for row in rows if set(tags) & set(row.get("imageTags", []))]
        size = len(rows)
    token = request.get("nextToken", "t0")
    if not (token[:1] == "t" and token[1:].isdigit()):
        return refuse("InvalidParameterException", f"bad token {token}")
    start = int(token[1:])
    if name == "late":
        size = min(size, DEFAULT_PAGE)
    if name == "late" and start > 0:
        return refuse("ServerException", "too late")
    page = rows[start : start + size]
    body = {}
    if operation == "DescribeImages":
        body["imageDetails"] = page
    else:
        body["imageIds"] = [
            {"imageDigest": row["imageDigest"], **({"imageTag": row["imageTags"][0]} if "imageTags" in row else {})}
            for row in page
        ]
    if name == "loop":
        body["nextToken"] = "t1"
    elif start + size < len(rows):
        body["nextToken"] = f"t{start + size}"
    return 200, body


TIMES = [
    -10000000000.25, -2000000000.0, -1.5, 0.0, 14182940.0, 100000000.0, 1564617600.0, 1700000000.123456,
    1704067199.999999, 1711846799.5, 1711846800.0, 1711850400.25, 1720000000.0, 1729987199.75, 1729987200.0,
    1729990799.999999, 1729990800.5, 1729994400.0, 1730000000.0, 1730613600.0, 1730617200.0, 1730620800.0,
    1743904800.0, 1743908400.0, 1759590000.0, 1759593600.0, 1774746000.0, 2000000000.0, 4000000000.0, 10000000000.0,
]  # fmt: skip


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        operation = self.headers["X-Amz-Target"].split(".")[-1]
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if request.get("repositoryName") == "times":
            rows = [{"imageDigest": f"sha256:{index:064x}", "imagePushedAt": at} for index, at in enumerate(TIMES)]
            status, body = 200, {"imageDetails": rows}
        else:
            status, body = answer(operation, request)
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def run(port, cli, arguments, env=None, config=None):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        **(env or {}),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "config"
        if not isinstance(config, str):
            config_text = "[default]\n" + "".join(f"{key} = {value}\n" for key, value in (config or {}).items())
        else:
            config_text = config
        path.write_text(config_text)
        environment["AWS_CONFIG_FILE"] = str(path)
        # A variable that is None is not set.
        environment = {name: value for name, value in environment.items() if value is not None}
        done = subprocess.run(
            [CLIENTS[cli], *arguments], env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True
        )
    return {
        "cli": cli,
        "args": arguments,
        **({"env": env} if env else {}),
        **({"config": config} if config else {}),
        "stdout": done.stdout.decode(),
        "stderr": done.stderr.decode().replace(folder, ""),
        "status": done.returncode,
    }


def token(value):
    return base64.b64encode(json.dumps(value).encode()).decode()


TAGS = ["--query", "imageDetails[].imageTags[0]"]
APP = ["ecr", "describe-images", "--repository-name", "app"]
LIST = ["ecr", "list-images", "--repository-name", "app"]


def lines():
    """Lines for both clients, then for one of them."""
    both = [
        # Plain answers.
        APP,
        LIST,
        ["ecr", "describe-images", "--repository-name", "empty"],
        ["ecr", "list-images", "--repository-name", "empty", "--output", "text"],
        ["ecr", "describe-images", "--repository-name", "empty", "--output", "table"],
        ["ecr", "describe-images", "--repository-name", "empty", "--no-paginate"],
        [*APP, "--output", "text"],
        [*APP, "--output", "table"],
        [*LIST, "--output", "text"],
        [*LIST, "--output", "table"],
        [*APP, "--output", "text", "--page-size", "5"],
        [*APP, "--image-ids", "imageTag=v1", "imageTag=v3", *TAGS],
        [*APP, "--image-ids", "imageTag=v1", "--page-size", "2", *TAGS],
        # Paging.
        *([*APP, *TAGS, "--max-items", str(most)] for most in (1, 2, 3, 4, 6, 7, 8, 100)),
        *([*APP, "--max-items", str(most), "--query", "[NextToken, length(imageDetails)]"] for most in (2, 3, 4, 6, 7)),
        [*APP, "--max-items", "2", "--output", "text"],
        [*APP, "--max-items", "3", "--output", "text"],
        [*APP, "--max-items", "5", "--output", "text"],
        [*APP, "--max-items", "2", "--output", "text", *TAGS],
        [*LIST, "--max-items", "4"],
        [*LIST, "--max-items", "4", "--output", "text"],
        [*LIST, "--max-items", "4", "--output", "table"],
        *([*APP, "--max-items", most, "--output", "text"] for most in ("0", "-1", "-2", "-9")),
        [*APP, "--max-items", "-1"],
        [*APP, "--max-items", "0"],
        ["ecr", "describe-images", "--repository-name", "empty", "--max-items", "0"],
        ["ecr", "describe-images", "--repository-name", "empty", "--max-items", "-3"],
        [*APP, "--max-items", "1_0", *TAGS],
        [*APP, "--max-items", " 2 ", *TAGS],
        [*APP, "--max-items", "99999999999999999999999", *TAGS],
        [*APP, "--page-size", "2", "--max-items", "3", "--query", "NextToken"],
        [*APP, "--page-size", "2", "--max-items", "4", "--query", "NextToken"],
        [*APP, "--page-size", "7", "--max-items", "4", "--query", "NextToken"],
        [*APP, "--page-size", "0"],
        [*APP, "--page-size", "-1"],
        [*APP, "--page-size", "1001"],
        [*APP, "--page-size", "99999999999999999999999"],
        [*APP, "--page-size", "x"],
        [*APP, "--max-items", "x"],
        [*APP, "--max-items", "1.5"],
        [*APP, "--max-items", ""],
        # Starting tokens.
        *(
            [*APP, *TAGS, "--starting-token", start]
            for start in (
                "t3", "t6", "t99", "None", "", "t3___1", "t3___2", "t3___9", "None___2", "t3___-1", "t3___x", "t3___",
                "a___b___c", "t3___ 1 ", "MTIz", "e30", "WzFd", "bnVsbA==", "ImEi", "dHJ1ZQ==", "nonsense",
                token({"nextToken": "t3"}), token({"nextToken": None, "boto_truncate_amount": 2}),
                token({"nextToken": "t3", "boto_truncate_amount": 1}), token({"nextToken": "None"}),
                token({"nextToken": 5}), token({"nextToken": "t3", "boto_truncate_amount": "1"}),
                token({"nextToken": "t3", "boto_truncate_amount": None}), token({"foo": "bar"}),
                token({"nextToken": "t3", "boto_truncate_amount": True}), token({}),
                token({"boto_truncate_amount": 1, "nextToken": "t3"}), token({"repositoryName": "missing"}),
                token({"nextToken": "t3", "boto_encoded_keys": None}), token({"nextToken": "t3"}) + "\n",
                token({"nextToken": "t3"}) + "!?", token({"nextToken": ["t3"]}), "%%%", "Zm9v",
            )
        ),  # fmt: skip
        *(
            [*APP, "--starting-token", start, "--max-items", "2", "--query", "[NextToken, imageDetails[].imageTags[0]]"]
            for start in (
                "t3", "t3___1", "t6", "None___2", token({"nextToken": "t3", "boto_truncate_amount": 1}), token({}),
                token({"nextToken": "t3", "boto_truncate_amount": None}), token({"foo": "bar"}), token({"maxResults": 4}),
            )
        ),  # fmt: skip
        [*APP, "--starting-token", "t3", "--max-items", "4", "--output", "text"],
        [*APP, "--starting-token", "t3", "--page-size", "2", "--max-items", "3", "--query", "NextToken"],
        [*LIST, "--starting-token", "t3___2"],
        # No paginator.
        [*APP, "--no-paginate"],
        [*APP, "--no-paginate", "--output", "text"],
        [*APP, "--no-paginate", "--output", "table"],
        [*APP, "--max-results", "2", "--query", "nextToken"],
        [*APP, "--max-results", "2", "--next-token", "t2", *TAGS],
        [*APP, "--next-token", "t6"],
        [*APP, "--next-token", "bad"],
        [*APP, "--max-results", "0"],
        [*APP, "--max-results", "x"],
        [*APP, "--max-results", "1001"],
        [*LIST, "--no-paginate", "--output", "text"],
        [*APP, "--no-paginate", "--page-size", "2"],
        [*APP, "--no-paginate", "--max-items", "2"],
        [*APP, "--no-paginate", "--starting-token", "t3"],
        [*APP, "--no-paginate", "--max-items", "2", "--page-size", "1", "--starting-token", "t3"],
        [*APP, "--no-paginate", "--max-items", "0"],
        [*APP, "--no-paginate", "--page-size", "0"],
        [*APP, "--no-paginate", "--starting-token", ""],
        [*APP, "--max-results", "2", "--max-items", "1"],
        [*APP, "--next-token", "t3", "--starting-token", "t3"],
        [*APP, "--cli-input-json", '{"maxResults": 2}', *TAGS],
        [*APP, "--cli-input-json", '{"maxResults": 2, "nextToken": "t4"}', "--output", "text"],
        [*APP, "--cli-input-json", '{"maxResults": 2}', "--page-size", "4", "--max-items", "1"],
        [*APP, "--cli-input-json", '{"nextToken": "t4"}', "--starting-token", "t3", *TAGS],
        # How a line is read.
        ["--output", "text", *LIST, "--max-item", "2"],
        ["--outp=text", "ecr", "--region=eu-west-1", "list-images", "--repository-name=app", "--max-i=2"],
        ["ecr", "describe-images", "--repo", "app", "--page", "2", "--quer", "length(imageDetails)"],
        ["ecr", "describe-images", "--re", "app"],
        ["ecr", "describe-images", "--reg", "app"],
        ["ecr", "describe-images", "--max", "2", "--repository-name", "app"],
        ["--no", *APP],
        ["--cli=3", *APP],
        [*APP, "--cli", "x"],
        [*APP, "--c", "x", "--bogus"],
        [*APP, "--bogus"],
        [*APP, "--bogus", "x", "y", "-z", "--also=1"],
        [*APP, "extra"],
        [*APP, "extra", "more"],
        [*APP, "-x"],
        [*APP, "-1"],
        [*APP, "--image-ids", "imageTag=v1", "--", "imageTag=v3"],
        [*APP, "--", *TAGS],
        [*APP, "--"],
        ["--", "ecr", "list-images"],
        ["ecr", "--", "list-images"],
        ["ecr", "--bogus", "list-images"],
        ["ecr", "--max-items", "2", "list-images", "--repository-name", "app"],
        ["ecr", "--max-items=2", "list-images", "--repository-name", "app", "--output", "text"],
        ["--max-items", "2", *LIST],
        ["ecr", "describe-images", "--repository-name"],
        ["ecr", "describe-images", "--repository-name", "--output", "text"],
        ["ecr", "describe-images", "--repository-name="],
        ["ecr", "describe-images", "--repository-name", "a"],
        ["ecr", "describe-images", "--repository-name", "empty", "--repository-name", "app", *TAGS],
        [*APP, "--output", "json", "--output", "text", *TAGS],
        [*APP, "--no-paginate=1"],
        [*APP, "--no-paginate="],
        [*APP, "--debug=x"],
        [*APP, "--image-ids"],
        [*APP, "--image-ids", "--output", "text"],
        [*APP, "--query"],
        [*APP, "--query=length(imageDetails)"],
        [*APP, "--query", "--output"],
        [*APP, "--query", "-1"],
        [*APP, "--query", "-a b"],
        [*APP, "--profile"],
        [*APP, "--output", "xml"],
        [*APP, "--output", "jso"],
        [*APP, "--output", "tabel"],
        [*APP, "--output", ""],
        [*APP, "--output", "it's"],
        [*APP, "--color", "never"],
        [*APP, "--color", "of"],
        [*APP, "--generate-cli-skeleton", "bad"],
        [*APP, "--generate-cli-skeleton", "inputs"],
        [*APP, "--page-size", "it's"],
        [*APP, "--page-size", "\t\u00e9"],
        [*APP, "--cli-read-timeout", "x"],
        [*APP, "--cli-connect-timeout", "0", "--cli-read-timeout", "5", "--no-sign-request", "--no-verify-ssl", *TAGS],
        [*APP, "--endpoint-url", "nowhere"],
        [*APP, "--endpoint-url", "1http://x"],
        ["ecr", "describe-images", "--repository-name", "app", "--query", "[", "--bogus"],
        [*APP, "--query", "[", "--endpoint-url", "nowhere"],
        [*APP, "--endpoint-url", "nowhere", "--cli-read-timeout", "x", "--max-items", "x"],
        [*APP, "--no-paginate", "--max-items", "2", "--filter", "bad"],
        # Queries.
        [*APP, "--query", ""],
        [*APP, "--query", "imageDetails["],
        [*APP, "--query", "foo(@)"],
        [*APP, "--query", "foo(@)", "--output", "text"],
        [*APP, "--query", "length(@.nothing)"],
        [*APP, "--query", "length(nothing)", "--output", "text"],
        [*APP, "--query", "nothing"],
        [*APP, "--query", "nothing", "--output", "text"],
        [*APP, "--query", "nothing", "--output", "table"],
        [*APP, "--query", "`{}`"],
        [*APP, "--query", "length(imageDetails)", "--output", "text"],
        [*APP, "--query", "length(imageDetails)", "--output", "table"],
        [*APP, "--query", "sum(imageDetails[].imageSizeInBytes)"],
        [*APP, "--query", "imageDetails[?imageSizeInBytes > `2000`].imagePushedAt"],
        [*APP, "--query", "sort_by(imageDetails, &imagePushedAt)[-1].imageTags", "--output", "text"],
        [*APP, "--query", "sort_by(imageDetails, &imageTags)"],
        [*APP, "--query", "max_by(imageDetails, &imageSizeInBytes).imageTags[1]"],
        [*APP, "--query", "imageDetails[0].imageTags[1]", "--output", "text"],
        [*APP, "--query", "{a: imageDetails[0].imageDigest}", "--output", "table"],
        # Samples, which are answers too.
        *([*APP, "--generate-cli-skeleton", "output", "--output", form] for form in ("json", "text", "table")),
        [*LIST, "--generate-cli-skeleton", "output"],
        [*APP, "--generate-cli-skeleton", "output", "--query", "imageDetails[].imagePushedAt"],
        [*APP, "--generate-cli-skeleton", "output", "--max-items", "1"],
        [*APP, "--page-size", "0", "--generate-cli-skeleton", "output"],
        [*APP, "--generate-cli-skeleton", "--query", "["],
        [*APP, "--generate-cli-skeleton", "output", "--query", "foo(@)"],
        # Colours.
        [*LIST, "--output", "table", "--color", "on", "--max-items", "1"],
        [*LIST, "--output", "table", "--color", "off"],
        [*LIST, "--output", "text", "--color", "on", "--max-items", "1"],
        ["ecr", "list-images", "--repository-name", "empty", "--output", "table", "--color", "on"],
        ["ecr", "list-images", "--repository-name", "missing", "--output", "table", "--color", "on"],
        # Both halves of a request.
        [*APP, "--filter", "tagStatus=TAGGED", "--registry-id", "123456789012", *TAGS],
        [*APP, "--filter", "bad"],
        [*APP, "--filter", '{"tagStatus":', "--max-items", "0"],
        [*APP, "--max-items", "0", "--cli-input-json", "{"],
        [*APP, "--cli-input-json", "[]"],
        [*APP, "--cli-input-json", '{"bogus": 1}', "--starting-token", "a___b___c"],
        [*APP, "--image-ids", "imageTag=", "--page-size", "0"],
        [*APP, "--starting-token", "file://missing.txt"],
        [*APP, "--no-paginate", "--starting-token", "file://missing.txt"],
        [*APP, "--query", "file://missing.txt"],
        ["ecr", "describe-images", "--repository-name", "a", "--output", "xml"],
        ["ecr", "describe-images", "--repository-name", "a", "--output", "text", "--query", "foo(@)"],
        # Errors of the service.
        ["ecr", "describe-images", "--repository-name", "missing"],
        ["ecr", "list-images", "--repository-name", "missing", "--output", "text"],
        ["ecr", "describe-images", "--repository-name", "missing", "--no-paginate"],
        ["ecr", "describe-images", "--repository-name", "late"],
        ["ecr", "describe-images", "--repository-name", "late", "--output", "text"],
        ["ecr", "describe-images", "--repository-name", "late", "--output", "table"],
        ["ecr", "describe-images", "--repository-name", "late", "--max-items", "3", *TAGS],
        ["ecr", "describe-images", "--repository-name", "loop", "--output", "text"],
        ["ecr", "describe-images", "--repository-name", "loop", "--max-items", "8", "--output", "text"],
    ]
    v2 = [
        [*APP, "--output", "yaml"],
        [*APP, "--output", "yaml-stream"],
        [*APP, "--output", "yaml-stream", "--max-items", "4"],
        [*APP, "--output", "yaml", "--max-items", "4"],
        [*APP, "--output", "yaml-stream", "--query", "length(imageDetails)"],
        [*APP, "--output", "off"],
        [*APP, "--output", "off", "--query", "foo(@)"],
        ["ecr", "describe-images", "--repository-name", "late", "--output", "off"],
        ["ecr", "describe-images", "--repository-name", "late", "--output", "yaml"],
        ["ecr", "describe-images", "--repository-name", "late", "--output", "yaml-stream"],
        ["ecr", "describe-images", "--repository-name", "loop", "--output", "yaml-stream"],
        ["ecr", "describe-images", "--repository-name", "empty", "--output", "yaml"],
        ["ecr", "describe-images", "--repository-name", "empty", "--output", "yaml-stream"],
        [*APP, "--no-paginate", "--output", "yaml-stream"],
        [*APP, "--cli-auto-prompt", "--no-cli-auto-prompt"],
        [*APP, "--no-cli-auto-prompt", "--no-cli-pager", *TAGS],
        [*APP, "--cli-binary-format", "x"],
        [*APP, "--output", "yam"],
        ["--output", "xml", *APP, "--profile"],
        ["--prof", "x", "ecr", "list-images", "--repository-name", "app", "--debu=1"],
        *(
            [*line, "--cli-error-format", form]
            for form in ("legacy", "json", "text", "enhanced")
            for line in (
                [*APP, "--bogus"], [*APP, "--page-size", "x"], [*APP, "--query", "["], [*APP, "--query", "foo(@)"],
                [*APP, "--page-size", "0"], ["ecr", "list-images", "--repository-name", "missing"],
            )
        ),  # fmt: skip
        *(
            [*line, "--cli-error-format", form]
            for form in ("yaml", "table")
            for line in ([*APP, "--query", "["], ["ecr", "list-images", "--repository-name", "missing"])
        ),
        [*APP, "--cli-error-format", "table", "--color", "on", "--query", "["],
        [*APP, "--cli-error-format", "x"],
        *([*APP, "--generate-cli-skeleton", "output", "--output", form] for form in ("yaml", "yaml-stream", "off")),
        [*APP, "--cli-input-yaml", "maxResults: 2", "--query", "nextToken"],
        [*APP, "--cli-input-yaml", "{}", "--cli-input-json", "{}"],
        [*APP, "--output", "yaml", "--query", "imageDetails[0].imagePushedAt"],
        [*APP, "--output", "yaml", "--query", "nothing"],
    ]
    v1 = [[*APP, "--v"], [*APP, "--output", "yaml"], [*APP, "--cli-input-yaml", "{}"], [*APP, "--no-cli-pager"]]
    for line in both:
        yield "v1", line, None, None
        yield "v2", line, None, None
    for cli, own in (("v1", v1), ("v2", v2)):
        for line in own:
            yield cli, line, None, None
    for cli in ("v1", "v2"):
        for output in ("text", "table", "yaml", "TEXT", "", "off"):
            yield cli, [*LIST, "--max-items", "1"], {"AWS_DEFAULT_OUTPUT": output}, None
        yield cli, ["ecr", "list-images", "--repository-name", "missing"], {"AWS_DEFAULT_OUTPUT": "x"}, None
        yield cli, ["ecr", "list-images", "--repository-name", "missing", "--no-paginate"], {"AWS_DEFAULT_OUTPUT": "x"}, None
        for form in ("wire", "iso8601", "none", "x"):
            line = [*APP, "--query", "imageDetails[].imagePushedAt"]
            yield cli, line, None, {"cli_timestamp_format": form}
            yield cli, [*line, "--output", "text"], None, {"cli_timestamp_format": form}
    for form in ("json", "legacy"):
        yield "v2", [*APP, "--output", "x"], {"AWS_CLI_ERROR_FORMAT": form}, None
        yield "v2", [*APP, "--profile"], {"AWS_CLI_ERROR_FORMAT": form}, None
        yield "v2", [*APP, "--query", "[", "--cli-error-format", "legacy"], {"AWS_CLI_ERROR_FORMAT": form}, None


    yield from profiles()


def profiles():
    """The settings of the active profile, and what goes before them."""
    line = [*LIST, "--max-items", "1", "--no-sign-request"]
    two = "[default]\noutput = text\n[profile a]\noutput = table\n[profile \"b c\"]\noutput = json\n"
    nowhere = {"AWS_DEFAULT_REGION": None}
    region = "[default]\nregion = a_b\n"
    times = [*APP, "--query", "imageDetails[0].imagePushedAt"]
    for cli in ("v1", "v2"):
        for arguments, env in [
            (line, None),
            ([*line, "--output", "json"], None),
            (line, {"AWS_DEFAULT_OUTPUT": "json"}),
            (line, {"AWS_DEFAULT_OUTPUT": ""}),
            (line, {"AWS_PROFILE": "a"}),
            (line, {"AWS_DEFAULT_PROFILE": "a"}),
            (line, {"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "default"}),
            (line, {"AWS_PROFILE": "default", "AWS_DEFAULT_PROFILE": "a"}),
            ([*line, "--profile", "a"], {"AWS_PROFILE": "default", "AWS_DEFAULT_PROFILE": "default"}),
            ([*line, "--profile", ""], {"AWS_PROFILE": "a"}),
            ([*line, "--profile", "b c"], None),
            ([*line, "--query", "length(imageIds)"], None),
        ]:
            yield cli, arguments, env, two
        for value in ("xml", "", "TEXT", "yaml", "text # plain"):
            yield cli, line, None, f"[default]\noutput = {value}\n"
        yield cli, ["ecr", "list-images", "--repository-name", "missing"], None, "[default]\noutput = xml\n"
        for form in ("", "iso8601"):
            yield cli, times, None, f"[default]\ncli_timestamp_format = {form}\n"
        yield cli, [*times, "--no-sign-request", "--profile", "a"], None, (
            "[default]\ncli_timestamp_format = bogus\n[profile a]\nx = 1\n"
        )
        for arguments, env in [
            (line, nowhere),
            ([*line, "--region", "us-east-1"], nowhere),
            ([*line, "--region", ""], nowhere),
            (line, {"AWS_DEFAULT_REGION": "us-east-1"}),
            (line, {"AWS_DEFAULT_REGION": ""}),
            (line, {"AWS_DEFAULT_REGION": None, "AWS_REGION": "us-east-1"}),
            (line, {"AWS_DEFAULT_REGION": None, "AWS_REGION": ""}),
            (line, {"AWS_DEFAULT_REGION": "b_c", "AWS_REGION": ""}),
        ]:
            yield cli, arguments, env, region
    # Version 1 ends with a traceback there.
    for arguments in (line, [*line, "--query", "["]):
        yield "v2", arguments, None, "hello\n"


ZONES = [
    "UTC", "Europe/London", "Europe/Dublin", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe",
    "Australia/Sydney", "Africa/Casablanca", "America/New_York", "Africa/Monrovia", "Pacific/Apia", "Asia/Kathmandu",
    "Europe/Amsterdam", "America/Sao_Paulo", "EST5EDT", "EST5EDT4", "AAA-5:30:15", "<+0330>-3:30",
    "XXX-3:30YYY,M3.2.0,M11.1.0", "NZST-12NZDT,M9.5.0,M4.1.0/3", ":Europe/Paris", "", "Bogus/Zone",
]  # fmt: skip


def key(cli, arguments, env=None, config=None):
    return json.dumps([cli, arguments, env, config])


def recorded():
    path = HERE / "cases.json"
    cases = json.loads(path.read_text())["cases"] if path.is_file() else []
    return {key(case["cli"], case["args"], case.get("env"), case.get("config")): case for case in cases}


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    kept = {} if "--all" in sys.argv else recorded()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        cases = list(pool.map(lambda line: kept.get(key(*line)) or run(port, *line), lines()))
        at = ["ecr", "describe-images", "--repository-name", "times", "--query", "imageDetails[].imagePushedAt"]
        zones = list(pool.map(lambda zone: (zone, run(port, "v2", at, {"TZ": zone})), ZONES))
    (HERE / "cases.json").write_text(
        json.dumps({"repositories": REPOSITORIES, "cases": cases}, indent=1, ensure_ascii=False) + "\n"
    )
    times = []
    for zone, case in zones:
        file = pathlib.Path("/usr/share/zoneinfo") / zone.lstrip(":")
        known = zone and file.is_file()
        times.append(
            {
                "TZ": zone,
                "file": base64.b64encode(file.read_bytes()).decode() if known else None,
                "printed": json.loads(case["stdout"]),
            }
        )
    (HERE / "times.json").write_text(json.dumps({"instants": TIMES, "zones": times}, indent=1) + "\n")
    print(len(cases), "cases,", len(times), "zones")


if __name__ == "__main__":
    main()
