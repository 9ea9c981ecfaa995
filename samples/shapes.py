"""One small page in the many shapes in which people save it. Used by make.py."""

import base64
import gzip
import io
import json
import re
import shutil
import subprocess
import tarfile
from datetime import datetime


def base64_text(raw):
    return base64.b64encode(raw).decode()


def each(value, instant):
    """A copy with every instant written as the shape has it."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, dict):
        return {key: each(member, instant) for key, member in value.items()}
    if isinstance(value, list):
        return [each(member, instant) for member in value]
    return value


def pascal(value):
    """Members begin with a capital in Go and PowerShell; the keys of a map are data and stay."""
    if isinstance(value, dict):
        return {
            key[0].upper() + key[1:]: member if key == "findingSeverityCounts" else pascal(member)
            for key, member in value.items()
        }
    return [pascal(member) for member in value] if isinstance(value, list) else value


def snake(value):
    """Columns of a table, and Ruby: `image_digest`; the keys of a map are data and stay."""
    if isinstance(value, dict):
        return {
            re.sub("([A-Z])", lambda found: "_" + found[1].lower(), key): (
                member if key == "findingSeverityCounts" else snake(member)
            )
            for key, member in value.items()
        }
    return [snake(member) for member in value] if isinstance(value, list) else value


# ---- instants ------------------------------------------------------------------------------------------------------


def millis(instant):
    return round(instant.timestamp() * 1000)


def iso(instant):
    return instant.isoformat()


def zulu(instant):
    """As JavaScript prints it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{millis(instant) % 1000:03d}Z"


def short_zulu(instant):
    """As Go prints it: no zeros at the end of a fraction."""
    fraction = f".{millis(instant) % 1000:03d}".rstrip("0").rstrip(".")
    return instant.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def parts(instant):
    """As recorded test fixtures have it."""
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime"} | {name: getattr(instant, name) for name in names}


def exponent(instant):
    """As the service sends it. Python prints no such number, so `dump` takes the quotes away."""
    whole, fraction = divmod(millis(instant), 1000)
    digits = f"{whole}{fraction:03d}".rstrip("0")
    return f"number:{digits[0]}.{digits[1:]}E9"


def nine_digits(instant):
    whole, fraction = divmod(millis(instant), 1000)
    return f"number:{whole}.{fraction:03d}000000"


def mongo(instant):
    return {"$date": {"$numberLong": str(millis(instant))}}


def protobuf(instant):
    whole, fraction = divmod(millis(instant), 1000)
    return {"seconds": str(whole), "nanos": fraction * 1000000}


def php(instant):
    """As PHP's json_encode has a DateTime."""
    return {"date": instant.strftime("%Y-%m-%d %H:%M:%S.%f"), "timezone_type": 3, "timezone": "UTC"}


def ruby(instant):
    return instant.strftime("%Y-%m-%d %H:%M:%S.") + f"{millis(instant) % 1000:03d} UTC"


# ---- text ----------------------------------------------------------------------------------------------------------


def dump(value, **options):
    return re.sub(r'"number:([^"]*)"', r"\1", json.dumps(value, ensure_ascii=False, **options))


def cli_v2(document):
    """The AWS CLI v2 in UTC."""
    return dump(each(document, iso), indent=4) + "\n"


def yaml(value, depth=0):
    """What `--output yaml` prints of a page: sorted keys, and quotes where YAML would see something else."""
    indent, lines = "  " * depth, []
    if isinstance(value, list):
        for member in value:
            head, *rest = yaml(member, depth + 1)
            lines += [f"{indent}- {head.strip()}", *rest]
        return lines
    if not isinstance(value, dict):
        return [indent + scalar(value)]
    for key in sorted(value):
        member = value[key]
        if isinstance(member, dict):
            lines += [f"{indent}{key}:", *yaml(member, depth + 1)]
        elif isinstance(member, list):
            lines += [f"{indent}{key}:", *yaml(member, depth)]
        else:
            lines += folded(f"{indent}{key}: {scalar(member)}", indent + "  ")
    return lines


def folded(text, indent):
    """Goes on in a new line at the first space past column 80."""
    cut = text.find(" ", 81)
    return [text] if cut < 0 else [text[:cut], *folded(indent + text[cut + 1 :], indent)]


def scalar(value):
    """Accounts, instants and what holds a colon and a space are quoted: YAML would see numbers, dates and maps."""
    special = isinstance(value, str) and (value.isdigit() or re.match(r"\d{4}-\d\d-\d\dT", value) or ": " in value)
    return f"'{value}'" if special else str(value)


def power_shell(details):
    """ConvertTo-Json: a list of one has lost its brackets, slashes in dates are escaped."""

    def unbracketed(detail):
        tags = detail.get("imageTags")
        return detail | {"imageTags": tags[0] if tags and len(tags) == 1 else tags}

    shaped = pascal(each([unbracketed(detail) for detail in details], lambda i: f"/Date({millis(i)})/"))
    return dump(shaped, indent=4).replace("/Date(", "\\/Date(").replace(")/", ")\\/").replace("\n", "\r\n")


def power_shell_tools(details):
    """AWS Tools for PowerShell, ConvertTo-Json of PowerShell 5.1: constants and lists are objects."""

    def constants(detail):
        shaped = dict(detail)
        if "imageStatus" in shaped:
            shaped["imageStatus"] = {"value": shaped["imageStatus"]}
        if "imageScanStatus" in shaped:
            status = shaped["imageScanStatus"]
            shaped["imageScanStatus"] = status | {"status": {"value": status["status"]}}
        tags = shaped.get("imageTags")
        if tags:
            shaped["imageTags"] = {"value": tags, "count": len(tags)}
        return shaped

    def time(instant):
        return {"value": f"/Date({millis(instant)})/", "displayHint": 2, "dateTime": instant.strftime("%A, %B %d, %Y")}

    shaped = pascal(each({"value": [constants(detail) for detail in details], "count": len(details)}, time))
    return dump(shaped, indent=4).replace("/Date(", "\\/Date(").replace(")/", ")\\/").replace("\n", "\r\n")


def steampipe(details):
    """`steampipe query --output json`: columns and rows."""
    rows = snake(each(details, iso))
    columns = [{"name": name, "data_type": "text"} for name in dict.fromkeys(name for row in rows for name in row)]
    return dump({"columns": columns, "rows": rows}, indent=1) + "\n"


def terraform(details):
    """`terraform show -json` of data sources: every detail deep in an object of its own."""
    resources = [
        {"address": f'data.aws_ecr_image.worker["{number}"]', "mode": "data", "type": "aws_ecr_image", "values": values}
        for number, values in enumerate(snake(each(details, lambda i: i.timestamp())))
    ]
    return dump({"format_version": "1.0", "values": {"root_module": {"resources": resources}}}, separators=(",", ":"))


PREAMBLE = """\
# Saved by the nightly export.
---
export:
  tool: nightly-export
  options: [--output, yaml]
"""


def captures(folder, details):
    """The same page within other text: what `ingest --extract` takes it out of."""
    folder.mkdir(exist_ok=True)
    page = cli_v2({"imageDetails": details})
    lines = page.splitlines()

    def stamped(number):
        return f"2026-03-08T05:58:{number // 10 % 60:02d}.{number % 10}000000Z "

    def coloured(line):
        """As jq prints names and strings in colours."""
        return re.sub(r'"[^"]*"', lambda found: f"\x1b[0m\x1b[34;1m{found[0]}\x1b[0m", line)

    command = "aws ecr describe-images --repository-name shop/worker"
    screen = [coloured(line) for line in lines]
    # A pager asks at the end of a screen and goes on over its own question.
    paged = [f":\r\x1b[K{line}" if number % 20 == 19 else line for number, line in enumerate(lines)]
    text = {
        "github-actions.log": "".join(
            f"{stamped(number)}{line}\n"
            for number, line in enumerate([f"##[group]Run {command}", "##[endgroup]", *screen, "Post job cleanup."])
        ),
        "terminal.txt": "\r\n".join([f"ops@bastion:~$ {command} | jq .", *screen, "ops@bastion:~$ exit", ""]),
        "pager.txt": "\n".join([f"$ {command}", *paged, "\x1b[7m(END)\x1b[27m\x1b[K", ""]),
        "two-pages.txt": "----\n".join(f"page {number}\n{cli_v2({'imageDetails': half})}" for number, half in
                                       enumerate([details[:1], details[1:]], start=1)),
        "http-response.txt": "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n\r\n"
        + dump(each({"imageDetails": details}, exponent), separators=(",", ":")),
        "ansible.json": dump({"changed": True, "rc": 0, "stdout": page, "stdout_lines": lines}, indent=4) + "\n",
        "notebook.json": dump(
            {"cells": [{"cell_type": "code", "outputs": [{"name": "stdout", "text": page.splitlines(keepends=True)}]}]},
            indent=1,
        ),
    }
    for name, content in text.items():
        (folder / name).write_bytes(content.encode())


def go(details):
    """encoding/json of the SDK's structs: every member is there, null where it was absent."""
    order = list(dict.fromkeys(GO_MEMBERS))
    filled = [{name: detail.get(name) for name in order} for detail in details]
    page = {"imageDetails": filled, "nextToken": None, "resultMetadata": {}}
    return dump(pascal(each(page, short_zulu)), indent=2) + "\n"


# In the order of the struct's fields, which is that of the alphabet.
GO_MEMBERS = (
    "artifactMediaType", "imageDigest", "imageManifestMediaType", "imagePushedAt", "imageScanFindingsSummary",
    "imageScanStatus", "imageSizeInBytes", "imageStatus", "imageTags", "lastActivatedAt", "lastArchivedAt",
    "lastRecordedPullTime", "registryId", "repositoryName", "subjectManifestDigest",
)


def tar_gz(files):
    """An archive that is the same at any time and on any machine."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(raw.getvalue(), mtime=0)


def zstd(text, path):
    """By the zstd program: Python has it from 3.14 on. Where there is none, the file stays as it was."""
    if shutil.which("zstd"):
        command = ["zstd", "-19", "-q", "-f", "--no-check", "-o", str(path)]
        subprocess.run(command, input=text.encode(), check=True)


def write(folder, details):
    """All shapes of these details."""
    folder.mkdir(exist_ok=True)
    page, halves = {"imageDetails": details}, [{"imageDetails": details[:1]}, {"imageDetails": details[1:]}]
    metadata = {"RequestId": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "HTTPStatusCode": 200, "RetryAttempts": 0}
    iso_details, boto = each(details, iso), each(details, str)
    text = {
        "cli-v1.json": dump(each(page, lambda i: i.timestamp()), indent=4) + "\n",
        "cli-v2.json": cli_v2(page),
        "cli-v2.yaml": "\n".join(yaml(each(page, iso))) + "\n",
        "cli-v2-utf8-bom.json": "\ufeff" + cli_v2(page),
        "http-body.json": dump(each(page, exponent), separators=(",", ":"), sort_keys=True),
        "boto3-default-str.json": dump({"imageDetails": boto, "ResponseMetadata": metadata}, indent=2),
        "boto3-regions.json": dump({"ecr": {"regions": {"eu-central-1": {"repo_images": boto}}}}, indent=2),
        "recorded-fixture.json": dump(
            {"status_code": 200, "data": {"imageDetails": each(details, parts), "ResponseMetadata": metadata}}, indent=4
        ),
        "go-sdk-v2.json": go(details),
        "java-jackson.json": dump(each(page, nine_digits), indent=2, separators=(",", " : ")),
        "js-sdk-v3.json": dump(
            {"$metadata": {"httpStatusCode": 200, "attempts": 1, "totalRetryDelay": 0}, **each(page, zulu)}, indent=2
        ),
        "steampipe-rows.json": steampipe(details),
        "cloudquery.ndjson": "".join(
            dump(row, separators=(",", ":")) + "\n" for row in snake(each(details, lambda i: i.strftime("%Y-%m-%dT%H:%M:%S.%fZ")))
        ),
        "ruby-to-h.json": dump(snake(each({"imageDetails": details, "nextToken": None}, ruby)), indent=2) + "\n",
        "terraform-show.json": terraform(details),
        "by-repository.json": dump({"shop/worker": iso_details}, indent=2) + "\n",
        "repositories-with-images.json": dump(
            {"repositories": [{"repositoryName": "shop/worker", "imageDetails": iso_details}]}, indent=2
        )
        + "\n",
        "mongo-export.json": dump(each(page, mongo), separators=(",", ":")) + "\n",
        "protobuf-times.json": dump(each(page, protobuf), indent=2) + "\n",
        "php-times.json": dump(each(page, php), indent=4) + "\n",
        "basic-times.json": dump(each(page, lambda i: i.strftime("%Y%m%dT%H%M%S.%fZ")), indent=4) + "\n",
        "cli-v2-query.yaml": "\n".join(yaml(iso_details)) + "\n",
        "cli-v2-preamble.yaml": PREAMBLE + "\n".join(yaml(each(page, iso))) + "\n",
        "bom-between.json": "".join("\ufeff" + cli_v2(half).replace("\n", "\r\n") for half in halves),
        "bare-array.json": dump(iso_details, indent=4) + "\n",
        "array-of-pages.json": dump(each(halves, iso), indent=2) + "\n",
        "details.ndjson": "".join(dump(detail, separators=(",", ":")) + "\n" for detail in iso_details),
        "pages.ndjson": "".join(dump(half, separators=(",", ":")) + "\n" for half in each(halves, iso)),
        "concatenated.json": "".join(map(cli_v2, halves)),
    }
    for name, content in text.items():
        (folder / name).write_bytes(content.encode())
    (folder / "powershell-tools.json").write_bytes(power_shell_tools(details).encode())
    (folder / "powershell-utf16.json").write_bytes(power_shell(details).encode("utf-16"))
    (folder / "cli-v2.json.gz").write_bytes(gzip.compress(text["cli-v2.json"].encode(), mtime=0))
    parts_of_two = {f"export/page-{number}.json": cli_v2(half) for number, half in enumerate(halves, start=1)}
    (folder / "cli-v2.tar.gz").write_bytes(tar_gz(parts_of_two))
    zstd(text["cli-v2.json"], folder / "cli-v2.json.zst")
