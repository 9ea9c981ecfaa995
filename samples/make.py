#!/usr/bin/env python3
"""Writes the samples again, byte for byte: run it in this folder after changing the story below.

The story is told as a registry's life: what is pushed, tagged, scanned, archived and deleted, with a capture at
three dates. The shapes come from shapes.py.
"""

import hashlib
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import shapes

ACCOUNT = "123456789012"
DOCKER = ("application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.container.image.v1+json")
OCI = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.config.v1+json")
INDEX = ("application/vnd.oci.image.index.v1+json", None)
HELM = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.cncf.helm.config.v1+json")
SIGNATURE = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.cncf.notary.signature")
DESCRIPTIONS = {
    "ACTIVE": "Continuous scan is selected for image.",
    "COMPLETE": "The scan was completed successfully.",
    "FAILED": "UnsupportedImageError: The operating system and/or package manager are not supported.",
    "SCAN_ELIGIBILITY_EXPIRED": "The scan eligibility has expired.",
}
# The members of a detail in the order in which the AWS CLI prints them.
ORDER = (
    "registryId", "repositoryName", "imageDigest", "imageTags", "imageSizeInBytes", "imagePushedAt", "imageScanStatus",
    "imageScanFindingsSummary", "imageManifestMediaType", "artifactMediaType", "lastRecordedPullTime",
    "subjectManifestDigest", "imageStatus", "lastArchivedAt", "lastActivatedAt",
)
HERE = Path(__file__).resolve().parent


def digest(of):
    """A digest that looks like any other."""
    return "sha256:" + hashlib.sha256(f"ecrsnap sample {of}".encode()).hexdigest()


def at(text):
    """An instant in UTC: `2026-03-01 05:59:58.417`."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


class Registry:
    """Details by repository and by the name that the story gives an image."""

    def __init__(self):
        self.repositories = {}

    def push(self, repository, name, size, when, *tags, media=DOCKER, subject=None):
        """A new image; its tags leave the images that had them."""
        images = self.repositories.setdefault(repository, {})
        images[name] = {
            "registryId": ACCOUNT, "repositoryName": repository, "imageDigest": digest(f"{repository} {name}"),
            "imageSizeInBytes": size, "imagePushedAt": at(when), "imageManifestMediaType": media[0],
            "imageStatus": "ACTIVE",
        }
        if media[1]:
            images[name]["artifactMediaType"] = media[1]
        if subject:
            images[name]["subjectManifestDigest"] = images[subject]["imageDigest"]
        for tag in tags:
            self.tag(repository, name, tag)

    def push_index(self, repository, name, amd64, arm64, when, *tags):
        """One image for two platforms, as BuildKit pushes it: children first, an attestation, the index."""
        start = at(when)

        def after(seconds):
            return (start + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S.%f")

        self.push(repository, f"{name} amd64", amd64, after(0), media=OCI)
        self.push(repository, f"{name} arm64", arm64, after(1.208), media=OCI)
        self.push(repository, f"{name} attestation", 11_274 + len(name), after(2.031), media=OCI)
        self.push(repository, name, max(amd64, arm64), after(2.655), *tags, media=INDEX)

    def tag(self, repository, name, tag):
        """A tag stands on one image of a repository."""
        self.untag(repository, tag)
        self.repositories[repository][name].setdefault("imageTags", []).append(tag)

    def untag(self, repository, tag):
        """An image without tags has no such member at all."""
        for image in self.repositories[repository].values():
            if tag in image.get("imageTags", []):
                image["imageTags"].remove(tag)
                if not image["imageTags"]:
                    del image["imageTags"]

    def scan(self, repository, name, status, when=None, source=None, **counts):
        """The outcome of a scan; one that failed has no findings."""
        image = self.repositories[repository][name]
        image["imageScanStatus"] = {"status": status, "description": DESCRIPTIONS[status]}
        image.pop("imageScanFindingsSummary", None)
        if when:
            image["imageScanFindingsSummary"] = {
                "imageScanCompletedAt": at(when), "vulnerabilitySourceUpdatedAt": at(source or when),
                "findingSeverityCounts": counts,
            }

    def pull(self, when, *images):
        """Images that ran: pairs of repository and name."""
        for repository, name in images:
            self.repositories[repository][name]["lastRecordedPullTime"] = at(when)

    def archive(self, repository, name, when):
        self.repositories[repository][name] |= {"imageStatus": "ARCHIVED", "lastArchivedAt": at(when)}

    def restore(self, repository, name, when):
        """The time of archival stays."""
        self.repositories[repository][name] |= {"imageStatus": "ACTIVE", "lastActivatedAt": at(when)}

    def delete(self, repository, *names):
        for name in names:
            del self.repositories[repository][name]

    def details(self, repository):
        """As the service lists them: in an order of its own, here that of the digests."""
        images = sorted(self.repositories[repository].values(), key=lambda image: image["imageDigest"])
        return [{member: image[member] for member in ORDER if member in image} for image in images]


def first_of_march(r):
    """The state that the first capture finds."""
    r.push("legacy/cron", "2019", 84_120_331, "2019-06-11 08:15:02", "2019-06")
    r.push("legacy/cron", "2020", 85_902_117, "2020-01-28 10:41:37", "2020-01", "latest")
    r.push("shop/mailer", "0.3.0", 48_833_210, "2025-09-02 13:22:45.310", "0.3.0")

    r.push("shop/web", "1.2.9", 71_240_118, "2025-10-06 07:30:11.054")
    r.push_index("shop/web", "1.3.0", 58_211_904, 56_730_225, "2025-11-18 09:04:26.731", "1.3.0")
    r.push_index("shop/web", "1.4.0", 61_554_870, 60_093_417, "2026-01-22 14:48:03.118", "1.4.0", "prod")
    r.push_index("shop/web", "1.4.1", 61_560_211, 60_101_998, "2026-02-26 16:20:55.402", "1.4.1", "staging", "latest")
    r.scan("shop/web", "1.4.0 amd64", "ACTIVE", "2026-02-28 22:10:31.870", HIGH=1, MEDIUM=4, LOW=9)
    r.scan("shop/web", "1.4.1 amd64", "ACTIVE", "2026-02-28 22:10:33.002", MEDIUM=3, LOW=9)

    r.push("shop/api", "2.0.0", 142_388_201, "2025-08-14 11:02:19.645", "2.0.0")
    r.push("shop/api", "2.1.0", 143_011_786, "2025-12-09 15:37:44.928", "2.1.0", "prod")
    r.push("shop/api", "2.2.0-rc.1", 151_902_644, "2026-02-27 17:55:20.013", "2.2.0-rc.1")
    r.push("shop/api", "build 4711", 151_884_092, "2026-02-27 12:08:36.290")
    r.scan("shop/api", "2.0.0", "SCAN_ELIGIBILITY_EXPIRED")
    r.scan("shop/api", "2.1.0", "ACTIVE", "2026-02-28 22:11:02.114", HIGH=2, MEDIUM=11, LOW=24, INFORMATIONAL=3)

    r.push("shop/worker", "0.8.0", 203_114_560, "2025-05-20 06:48:58.002", "0.8.0")
    r.push("shop/worker", "0.9.0", 207_833_991, "2025-07-31 18:11:40.566", "0.9.0")
    r.push("shop/worker", "1.0.0", 64_118_023, "2026-01-15 10:25:13.779", "1.0.0", "prod", media=OCI)
    r.push("shop/worker", "1.0.0 signature", 3_072, "2026-01-15 10:25:31.415", media=SIGNATURE, subject="1.0.0")
    r.scan("shop/worker", "0.8.0", "COMPLETE", "2025-05-20 06:49:21", "2025-05-19 23:30:00", CRITICAL=2, HIGH=17, MEDIUM=40)
    r.scan("shop/worker", "1.0.0", "FAILED")
    r.archive("shop/worker", "0.9.0", "2026-02-10 03:00:07.221")

    for number, (size, when) in enumerate((
        (412_090_118, "2026-01-05 02:14:09.330"), (412_177_204, "2026-01-19 02:13:57.481"),
        (415_330_009, "2026-02-02 02:14:21.006"), (415_401_733, "2026-02-16 02:14:02.918"),
        (418_554_210, "2026-02-23 02:14:11.547"),
    )):
        r.push("tools/builder", f"nightly {number}", size, when)
    r.push("tools/builder", "stable", 418_560_077, "2026-02-24 09:31:48.260", "stable", "2026.8")
    r.tag("tools/builder", "nightly 4", "nightly")

    r.pull("2026-01-30 00:12:44", ("legacy/cron", "2020"), ("shop/mailer", "0.3.0"))
    r.pull("2026-02-27 07:20:16.883", ("shop/web", "1.4.1"), ("shop/web", "1.4.1 amd64"), ("tools/builder", "stable"))
    r.pull("2026-03-01 05:41:09.412", *RUNNING, ("shop/web", "1.4.0"), ("shop/web", "1.4.0 arm64"), ("shop/api", "2.1.0"))


def eighth_of_march(r):
    """A release of web, a new vulnerability in api, a search service, one image archived."""
    r.push_index("shop/web", "1.5.0", 63_008_441, 61_477_350, "2026-03-06 13:10:47.925", "1.5.0")
    for tag, name in (("prod", "1.4.1"), ("staging", "1.5.0"), ("latest", "1.5.0")):
        r.tag("shop/web", name, tag)
    r.push("shop/web", "1.4.1 signature", 3_104, "2026-03-03 08:02:39.164", media=SIGNATURE, subject="1.4.1")
    r.scan("shop/web", "1.4.0 amd64", "ACTIVE", "2026-03-07 22:09:58.633", HIGH=2, MEDIUM=4, LOW=9)
    r.scan("shop/web", "1.4.1 amd64", "ACTIVE", "2026-03-07 22:10:00.249", HIGH=1, MEDIUM=3, LOW=9)
    r.scan("shop/web", "1.5.0 amd64", "ACTIVE", "2026-03-07 22:10:01.117", MEDIUM=1, LOW=8)

    r.scan("shop/api", "2.1.0", "ACTIVE", "2026-03-07 22:10:27.905", CRITICAL=1, HIGH=2, MEDIUM=12, LOW=24, INFORMATIONAL=3)
    r.scan("shop/api", "2.2.0-rc.1", "COMPLETE", "2026-03-02 09:00:14", "2026-03-02 04:15:00", HIGH=1, MEDIUM=6, UNDEFINED=1)
    r.delete("shop/api", "build 4711")

    r.archive("shop/worker", "0.8.0", "2026-03-05 03:00:04.608")
    r.tag("shop/worker", "1.0.0", "stable")

    r.push("shop/search", "0.1.0", 38_204_115, "2026-03-04 11:46:30.771", "0.1.0", media=OCI)
    r.push("shop/search", "chart 0.1.0", 21_877, "2026-03-04 11:52:08.036", "chart-0.1.0", media=HELM)
    r.scan("shop/search", "0.1.0", "ACTIVE", "2026-03-07 22:10:40.318")

    r.push("tools/builder", "nightly 5", 418_600_312, "2026-03-02 02:14:05.873", "nightly")
    r.untag("tools/builder", "nightly")
    r.tag("tools/builder", "nightly 5", "nightly")
    r.pull("2026-03-08 05:38:52.190", *RUNNING, ("shop/web", "1.4.1"), ("shop/web", "1.4.1 arm64"), ("shop/api", "2.1.0"))


def fifteenth_of_march(r):
    """The fixed api goes out, web moves on, old images expire, one repository is deleted and one emptied."""
    r.tag("shop/web", "1.5.0", "prod")
    r.delete("shop/web", "1.2.9", "1.3.0", "1.3.0 amd64", "1.3.0 arm64", "1.3.0 attestation")
    r.scan("shop/web", "1.5.0 amd64", "ACTIVE", "2026-03-14 22:10:09.480", MEDIUM=1, LOW=8)

    r.push("shop/api", "2.2.1", 149_650_330, "2026-03-11 10:19:05.537", "2.2.1", "prod")
    r.scan("shop/api", "2.2.1", "ACTIVE", "2026-03-14 22:10:29.062", MEDIUM=2, LOW=7)
    r.scan("shop/api", "2.1.0", "ACTIVE", "2026-03-14 22:10:28.551", CRITICAL=1, HIGH=3, MEDIUM=12, LOW=24, INFORMATIONAL=3)

    r.restore("shop/worker", "0.9.0", "2026-03-12 14:03:50.699")
    r.untag("shop/worker", "stable")

    r.push("shop/search", "0.2.0", 38_990_206, "2026-03-13 15:27:59.844", "0.2.0", media=OCI)
    r.push("tools/builder", "nightly 6", 418_602_950, "2026-03-09 02:14:10.402")
    r.tag("tools/builder", "nightly 6", "nightly")

    del r.repositories["legacy/cron"]
    r.delete("shop/mailer", "0.3.0")
    r.pull("2026-03-15 05:44:37.015", *RUNNING, ("shop/web", "1.5.0"), ("shop/web", "1.5.0 arm64"), ("shop/api", "2.2.1"))


RUNNING = (("shop/worker", "1.0.0"),)


def token(of):
    """A token of the service: opaque, long, good for nothing here."""
    raw = b"".join(hashlib.sha256(f"{of} {number}".encode()).digest() for number in range(5))
    return shapes.base64_text(raw)


def save(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(shapes.cli_v2(document), encoding="utf-8")


def capture(r, date, web_page, builder_page=None):
    """Saves every repository that has images; web as two pages, and builder cut short where asked."""
    for repository in r.repositories:
        details, stem = r.details(repository), HERE / date / repository.replace("/", "+")
        if not details:
            save(HERE / "empty" / f"{stem.name}.json", {"imageDetails": []})
        elif repository == "shop/web":
            first = {"imageDetails": details[:web_page], "nextToken": token(f"{date} {repository}")}
            save(Path(f"{stem}.page-1.json"), first)
            save(Path(f"{stem}.page-2.json"), {"imageDetails": details[web_page:]})
        elif repository == "tools/builder" and builder_page:
            open_page = {"imageDetails": details[:builder_page], "nextToken": token(f"{date} {repository}")}
            save(Path(f"{stem}.json"), open_page)
        else:
            save(Path(f"{stem}.json"), {"imageDetails": details})


REGION = "eu-central-1"
# When each repository was created, and what it is at first: mutability of tags, scan on push, key of the encryption.
CREATED = {
    "legacy/cron": ("2019-06-11 08:02:40.118", "MUTABLE", False, None),
    "shop/mailer": ("2025-08-30 09:17:22.904", "MUTABLE", False, None),
    "shop/web": ("2023-04-03 12:40:07.551", "MUTABLE", True, None),
    "shop/api": ("2023-04-03 12:41:35.206", "MUTABLE", False, None),
    "shop/worker": ("2023-11-20 15:08:59.330", "IMMUTABLE", True, "KMS"),
    "shop/search": ("2026-03-04 11:31:14.087", "IMMUTABLE", True, None),
    "tools/builder": ("2024-02-12 07:55:48.642", "MUTABLE", False, None),
}


def policy(*rules):
    """A lifecycle policy of rules that delete: a selection and a number of images or days each."""
    def rule(priority, selection, number, days):
        count = {"countType": "sinceImagePushed", "countUnit": "days"} if days else {"countType": "imageCountMoreThan"}
        return {"rulePriority": priority, "selection": {**selection, **count, "countNumber": number}, "action": {"type": "expire"}}
    return json.dumps({"rules": [rule(index + 1, *one) for index, one in enumerate(rules)]}, separators=(",", ":"))


UNTAGGED = {"tagStatus": "untagged"}
ANY = {"tagStatus": "any"}


def tagged(*patterns):
    return {"tagStatus": "tagged", "tagPatternList": list(patterns)}


def describe(r, date, changes, policies):
    """Saves what describe-repositories and get-lifecycle-policy say on a date."""
    folder, rows = HERE / "repositories" / date, []
    for name in r.repositories:
        created, mutability, scan, key = changes.get(name, CREATED[name])
        encryption = {"encryptionType": key or "AES256"}
        if key:
            encryption["kmsKey"] = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/7c1d0f52-3a44-4d0b-9a6e-5a0c2f3b8e11"
        rows.append({
            "repositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}", "registryId": ACCOUNT,
            "repositoryName": name, "repositoryUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}",
            "createdAt": at(created), "imageTagMutability": mutability,
            "imageScanningConfiguration": {"scanOnPush": scan}, "encryptionConfiguration": encryption,
        })
    save(folder / "describe-repositories.json", {"repositories": rows})
    for name, text in policies.items():
        save(folder / f"{name.replace('/', '+')}.policy.json", {
            "registryId": ACCOUNT, "repositoryName": name, "lifecyclePolicyText": text,
            "lastEvaluatedAt": at(f"{date} 04:12:33.000"),
        })


def main():
    registry = Registry()
    web = policy((tagged("prod"), 5, False), (UNTAGGED, 30, True), (ANY, 20, False))
    builder = policy((tagged("stable*"), 3, False), (ANY, 5, False))
    first_of_march(registry)
    capture(registry, "2026-03-01", web_page=10)
    describe(registry, "2026-03-01", {}, {"shop/web": web, "tools/builder": builder})
    eighth_of_march(registry)
    capture(registry, "2026-03-08", web_page=10, builder_page=4)
    # After the CRITICAL finding, api is scanned on each push.
    scanned = {"shop/api": (*CREATED["shop/api"][:2], True, None)}
    describe(registry, "2026-03-08", scanned, {"shop/web": web, "tools/builder": builder})
    # Findings, an archival, a failed scan, no tags. What they say is what 2026-03-08/shop+worker.json says.
    shapes.write(HERE / "shapes", registry.details("shop/worker"))
    shapes.captures(HERE / "captures", registry.details("shop/worker"))
    whole = (HERE / "2026-03-08" / "shop+api.json").read_text(encoding="utf-8")
    (HERE / "broken").mkdir(exist_ok=True)
    (HERE / "broken" / "page.json").write_text(whole[: whole.index("findingSeverityCounts") + 40], encoding="utf-8")
    fifteenth_of_march(registry)
    capture(registry, "2026-03-15", web_page=10)
    fixed = scanned | {"shop/web": (CREATED["shop/web"][0], "IMMUTABLE", True, None)}
    fewer = policy((tagged("stable*"), 3, False), (ANY, 3, False))
    describe(registry, "2026-03-15", fixed, {"shop/web": web, "tools/builder": fewer})


if __name__ == "__main__":
    main()
