"""Make the registry that the conformance lines ask: `registry/`, one page for each repository, the lists of the
repositories, a lifecycle policy and a manifest.

    python3 tests/conformance/registry.py

What it lacks of real registries it has of odd ones: every member, characters that formats must
quote, sizes and instants at the edges, statuses, indexes, a repository of more than a page of 1000.
"""

import hashlib
import json
import pathlib
import shutil

FOLDER = pathlib.Path(__file__).parent / "registry"
REGISTRY = "123456789012"
OTHER_REGISTRY = "210987654321"
START = 1700000000
# How it is taken in. The empty page is of the repository that is named.
EMPTY = "empty/repository"
INGEST = [
    "--registry-id", REGISTRY, "--repository-name", EMPTY,
    "--snapshot", "conformance", "--captured-at", "2026-03-15T02:00:00Z",
]  # fmt: skip

IMAGE = "application/vnd.docker.container.image.v1+json"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(*parts):
    return "sha256:" + hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()


def detail(repository, index, **members):
    """A detail as the first release of the API had it, and the members given; `None` drops one."""
    made = {
        "registryId": REGISTRY,
        "repositoryName": repository,
        "imageDigest": digest(repository, index),
        "imageTags": [f"v{index}"],
        "imageSizeInBytes": 1_000_003 * (index + 1),
        "imagePushedAt": START + 86_400 * index,
        **members,
    }
    return {name: value for name, value in made.items() if value is not None}


def scanned(status, description, counts, completed=START, updated=None):
    summary = {"imageScanCompletedAt": completed, "findingSeverityCounts": counts}
    if updated is not None:
        summary["vulnerabilitySourceUpdatedAt"] = updated
    return {
        "imageScanStatus": {"status": status, "description": description},
        "imageScanFindingsSummary": summary,
    }


def shop_api():
    """Ordinary images of today, with every member among them."""
    name = "shop/api"
    today = {"imageManifestMediaType": MANIFEST, "artifactMediaType": IMAGE, "imageStatus": "ACTIVE"}
    counts = {"CRITICAL": 1, "HIGH": 12, "MEDIUM": 40, "LOW": 7, "INFORMATIONAL": 3, "UNDEFINED": 2}
    complete = "The scan was completed successfully."
    yield detail(name, 0, imageTags=["1.0.0", "stable"], **scanned("COMPLETE", complete, counts, START + 0.5), **today)
    yield detail(name, 1, imageTags=["1.1.0", "1.1", "1", "prod", "latest"], **today,
                 **scanned("ACTIVE", "Continuous scan is selected for image.", {"LOW": 1}, START + 5, START + 0.25),
                 lastRecordedPullTime=START + 9_000_000.125)  # fmt: skip
    yield detail(name, 2, imageTags=None, **today, **scanned("COMPLETE", complete, {}))
    yield detail(name, 3, imageTags=["1.2.0-rc.1"], **today, imageScanStatus={"status": "IN_PROGRESS"})
    yield detail(name, 4, imageTags=["1.2.0"], **today, imageScanStatus={"status": "FAILED", "description": ""})
    yield detail(name, 5, imageTags=["index", "multi"], imageManifestMediaType=OCI_INDEX, imageStatus="ACTIVE")
    yield detail(name, 6, imageTags=None, imageManifestMediaType=OCI_MANIFEST, imageStatus="ACTIVE",
                 artifactMediaType="application/vnd.dev.cosign.artifact.sig.v1+json",
                 subjectManifestDigest=digest(name, 5))  # fmt: skip
    yield detail(name, 7, imageTags=["0.9.0"], **{**today, "imageStatus": "ARCHIVED"},
                 lastArchivedAt=START + 20_000_000.75, lastRecordedPullTime=START + 1)  # fmt: skip
    yield detail(name, 8, imageTags=["0.9.1"], **{**today, "imageStatus": "ACTIVATING"},
                 lastArchivedAt=START + 20_000_000, lastActivatedAt=START + 21_000_000.000001)  # fmt: skip
    yield detail(name, 9, imageTags=None, **{**today, "imageStatus": "ARCHIVED"}, lastArchivedAt=START + 30_000_000)
    yield detail(
        name, 10, imageTags=["everything"], **today, **scanned("COMPLETE", complete, counts, START + 1.5, START + 1),
        lastRecordedPullTime=START + 2.25, subjectManifestDigest=digest(name, 0), lastArchivedAt=START + 3,
        lastActivatedAt=START + 4.123456,
    )  # fmt: skip


def old_times():
    """A capture from before there was more than six members."""
    for index in range(5):
        yield detail("old/times", index)


TEXTS = [
    "two\nlines", "ends with a line\n", "\n", "a\n\nb\n\n", " leading", "trailing ", "tab\there", "\ttab", "it's",
    'a "quoted" word', "back\\slash", "C:\\new\\table", "colon: space", "hash # comment", "# comment", "- item", "? key",
    "[list]", "{map}", "a, b", "&anchor", "*alias", "!tag", "|", ">", "%directive", "@at", "`tick`", "---", "...", "=",
    "<<", "~", "null", "Null", "true", "Yes", "no", "on", "OFF", "y", "012", "0o14", "0x1F", "0b11", "1_000", "1e3",
    "1.", ".5", "-.inf", ".NaN", "+1", "-0", "12:30:45", "2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01 00:00:00",
    "日本語のイメージ", "全角ＡＢＣ", "é and e\u0301", "🚀 launch 👩‍👩‍👧", "שלום", "\u00a0nbsp\u00a0", "zero\u200bwidth", "\u2028line sep",
    "\u0085next line", "\ufeffbom", "\x7fdelete", "\x1b[31mred\x1b[0m", "bell\x07", "\u00ad", "x" * 90,
    "words " * 30, "a long text of words that goes on until it is wider than a page is, and then it goes on: why not?",
    "日本語 " * 30, "", " ", "\u3000", "'", '"', "''", "a'b\"c", "%s {0} $HOME ${x}", "<b>&amp;</b>", "\ue000\U0010fffd",
]  # fmt: skip


def odd_characters():
    """Each text as the description of a scan; tags as the service has them, which YAML may misread."""
    tags = ["yes", "no", "null", "1.0", "1e3", "0x1F", "012", "on", "y", "-", ".", "_", "-1", "1_000", "v-1.0_x", "NaN"]
    for index, text in enumerate(TEXTS):
        status = {"status": "FAILED", "description": text}
        own = [tags[index]] if index < len(tags) else None
        yield detail("odd/characters", index, imageTags=own, imageScanStatus=status)


def odd_tags():
    """Tags that the service would refuse, as made-up pages have them."""
    for index, text in enumerate(["é☃", "日本", "two words", "a:b", "🚀", "it's", "a,b=c", "line\nbreak", "\\"]):
        yield detail("odd/tags", index, imageTags=[text, f"t{index}"])


def odd_sizes():
    for index, size in enumerate([0, 1, 999, 1024, 2**31, 2**53 + 1, 2**63 - 1, None, -1]):
        counts = {"HIGH": size} if size is not None else {}
        yield detail("odd/sizes", index, imageSizeInBytes=size, **scanned("COMPLETE", None, counts))


def odd_times():
    times = [
        0, 1, -1, -1.5, 0.1, 0.000001, 0.999999, 1e9, 1700000000.1, 1700000000.12, 1700000000.123, 1700000000.1234,
        1700000000.12345, 1700000000.123456, 1700000000.5, 1711846799.999999, 1711846800, 1729990800, 2147483647.25,
        2147483648, 4102444800, 9999999999.5, -2208988800, None,
    ]  # fmt: skip
    for index, time in enumerate(times):
        yield detail("odd/times", index, imagePushedAt=time, lastRecordedPullTime=time)


def duplicated():
    """One digest with two sets of members, as in AWS's own reference; and a row that comes twice."""
    name = "odd/duplicated"
    same = digest(name, "same")
    yield detail(name, 0, imageDigest=same, imageTags=["first"])
    yield detail(name, 1)
    yield detail(name, 2, imageDigest=same, imageTags=["second"])
    yield detail(name, 1)


def newer_members():
    """Members that no model has yet."""
    name = "newer/members"
    yield detail(name, 0, imageSigningStatus={"status": "SIGNED", "at": 1.5}, aNumber=12345678901234567890)
    yield detail(name, 1, imageScanStatus={"status": "COMPLETE", "engine": "next"}, tagsSeen=[1, None, "x"])


def many_tags():
    """Ids of one image that do not fit on a page of its own."""
    for index, count in enumerate([1, 130, 0, 7]):
        tags = [f"t{index}-{number:03}" for number in range(count)]
        yield detail("many/tags", index, imageTags=tags or None)


def big():
    """More than the largest page; each seventh image has no tag, each eleventh is archived."""
    for index in range(1105):
        tags = None if index % 7 == 3 else [f"build-{index}"]
        status = "ARCHIVED" if index % 11 == 5 else None
        yield detail("big", index, imageTags=tags, imageStatus=status)


def hundred():
    """Exactly a page of the default size."""
    for index in range(100):
        yield detail("exactly/hundred", index)


def single():
    yield detail("single", 0, registryId=REGISTRY, imageTags=["only"])


def longest():
    """The longest name that the service takes."""
    yield detail("/".join(["n" * 63] * 4) + "x", 0)


def empty():
    """A page that does not say whose it is: `--repository-name empty/repository` does."""
    return []


def elsewhere():
    for index in range(2):
        yield detail("elsewhere/api", index, registryId=OTHER_REGISTRY)


REPOSITORIES = {
    "shop-api": shop_api, "old-times": old_times, "odd-characters": odd_characters, "odd-tags": odd_tags,
    "odd-sizes": odd_sizes, "odd-times": odd_times, "odd-duplicated": duplicated, "newer-members": newer_members,
    "many-tags": many_tags, "big": big, "exactly-hundred": hundred, "single": single, "longest": longest,
    "elsewhere": elsewhere, "empty": empty,
}  # fmt: skip


def page(details):
    rows = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in details]
    return '{"imageDetails":[' + ",".join("\n" + row for row in rows) + "\n]}\n"


REGION = "us-east-1"
# In the list of repositories, with no page of images.
LISTED = "listed/only"


def repository(registry, name, index, **members):
    """A repository as describe-repositories shows it; `None` drops a member."""
    made = {
        "repositoryArn": f"arn:aws:ecr:{REGION}:{registry}:repository/{name}",
        "registryId": registry,
        "repositoryName": name,
        "repositoryUri": f"{registry}.dkr.ecr.{REGION}.amazonaws.com/{name}",
        "createdAt": START - 86_400 * index + index / 8,
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": index % 2 == 0},
        "encryptionConfiguration": {"encryptionType": "AES256"},
        **members,
    }
    return {name: value for name, value in made.items() if value is not None}


def repositories():
    """The lists of both registries, not by name, with every setting among them."""
    names = {}
    for details in REPOSITORIES.values():
        for row in details():
            names.setdefault((row.get("registryId", REGISTRY), row["repositoryName"]))
    key = f"arn:aws:kms:{REGION}:{REGISTRY}:key/12345678-90ab-cdef-1234-567890abcdef"
    settings = {
        "shop/api": {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [
                {"filterType": "WILDCARD", "filter": "latest"},
                {"filterType": "WILDCARD", "filter": "dev-*"},
            ],
        },
        "single": {"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": key}, "createdAt": 1.000001},
        "big": {"imageScanningConfiguration": None, "encryptionConfiguration": None},
    }
    for registry in (REGISTRY, OTHER_REGISTRY):
        of = [name for found, name in names if found == registry]
        of += [EMPTY, LISTED] if registry == REGISTRY else []
        yield registry, [repository(registry, name, at, **settings.get(name, {})) for at, name in enumerate(of)]


def policy():
    """The lifecycle policy of shop/api."""
    selection = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}
    rules = [{"rulePriority": 1, "description": "é \"quoted\"", "selection": selection, "action": {"type": "expire"}}]
    return {
        "registryId": REGISTRY,
        "repositoryName": "shop/api",
        "lifecyclePolicyText": json.dumps({"rules": rules}, ensure_ascii=False),
        "lastEvaluatedAt": START + 0.5,
    }


def manifest():
    """Which repositories have no policy; of all others it is not known. No region is a label."""
    return {"ecrsnapExport": 1, "registryId": REGISTRY, "region": "", "withoutLifecyclePolicy": ["single"]}


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for name, details in REPOSITORIES.items():
        (FOLDER / f"{name}.json").write_text(page(details()), encoding="utf-8")
    others = {f"repositories-{registry}": {"repositories": rows} for registry, rows in repositories()}
    for name, content in {**others, "policy": policy(), "ecrsnap-export": manifest()}.items():
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
