"""Two SDKs walk repositories through `serve` and see what `ecrsnap describe-images` prints."""

import datetime
import json
import os
import pathlib
import subprocess

import boto3

import registry

HERE = pathlib.Path(__file__).parent
MODULES = HERE.parent.parent / "target/clients/node_modules"
# Requests with the options that ask the same, and the page sizes to walk with: 7 and 30 leave a last
# page that is not full, 1005 images make exactly 67 pages of 15, and nothing is the default.
WALKS = [
    ({"repositoryName": "big"}, [], [7, 15, 1000, None]),
    ({"repositoryName": "exactly/hundred"}, [], [1, 30, 100, None]),
    ({"repositoryName": "odd/times"}, [], [5, None]),
    ({"repositoryName": "odd/characters"}, [], [30]),
    ({"repositoryName": "shop/api", "filter": {"imageStatus": "ANY"}}, ["--filter", "imageStatus=ANY"], [2, 3, None]),
    ({"repositoryName": "empty/repository"}, [], [10]),
]
INSTANTS = {
    "imagePushedAt", "lastRecordedPullTime", "lastArchivedAt", "lastActivatedAt", "imageScanCompletedAt",
    "vulnerabilitySourceUpdatedAt",
}  # fmt: skip
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def settled(value, unit, name=None):
    """A detail with instants as numbers of a unit: SDKs have types of their own for them."""
    if name in INSTANTS and isinstance(value, str):
        value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    if isinstance(value, datetime.datetime):
        return (value - EPOCH + unit / 2) // unit
    if isinstance(value, dict):
        return {name: settled(member, unit, name) for name, member in value.items()}
    if isinstance(value, list):
        return [settled(item, unit) for item in value]
    return value


def offline(ecrsnap, database, request, options):
    words = [ecrsnap, "--db", database, "describe-images", "--repository-name", request["repositoryName"], *options]
    environment = {"PATH": os.environ["PATH"], "TZ": "UTC"}
    return json.loads(subprocess.check_output(words, env=environment))["imageDetails"]


def client_of(address):
    return boto3.client(
        "ecr", endpoint_url=address, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


def repositories(address):
    """Every repository's name, in pages of four."""
    pages = client_of(address).get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 4})
    return [repository["repositoryName"] for page in pages for repository in page["repositories"]]


def with_boto3(address, request, size):
    paging = {"PageSize": size} if size else {}
    pages = client_of(address).get_paginator("describe_images").paginate(**request, PaginationConfig=paging)
    return [detail for page in pages for detail in page["imageDetails"]]


def with_javascript(address, request, size):
    words = ["node", HERE / "walk.cjs", address, json.dumps(request), str(size or "default")]
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES), "NODE_NO_WARNINGS": "1"}
    printed = subprocess.check_output(words, env=environment, text=True)
    return [json.loads(row) for row in printed.split("\n") if row]


# JavaScript's dates have no microseconds.
SDKS = {
    "boto3": (with_boto3, datetime.timedelta(microseconds=1)),
    "@aws-sdk/client-ecr": (with_javascript, datetime.timedelta(milliseconds=1)),
}


def differences(address, ecrsnap, database):
    """Walk them all; what an SDK saw that `ecrsnap` does not print, as a list of sentences."""
    told, walked = [], 0
    names = [row["repositoryName"] for _, rows in registry.repositories() for row in rows]
    if repositories(address) != names:
        told.append(f"== boto3, describe_repositories: {repositories(address)}")
    for request, options, sizes in WALKS:
        expected = offline(ecrsnap, database, request, options)
        for name, (walk, unit) in SDKS.items():
            for size in sizes:
                walked += 1
                seen = settled(walk(address, request, size), unit)
                ours = settled(expected, unit)
                if seen != ours:
                    at = next((i for i, (left, right) in enumerate(zip(seen, ours)) if left != right), None)
                    pair = f"{seen[at]} for {ours[at]}" if at is not None else "another number of images"
                    told.append(f"== {name}, {request} in pages of {size}: {len(seen)} of {len(ours)} images, {pair}")
    print(f"SDKs: {walked} walks", flush=True)
    return told
