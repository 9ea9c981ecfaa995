"""A made-up year of weekly captures: two registries, two regions, four repositories each.

What makes answers hard is in it: replicas that drift, moved tags, a tag on two images, deleted and archived images,
incomplete captures, captures by filter, weeks without a capture, a registry id that begins with a zero, names with
quotes, and images without members that others have. The same seed writes the same bytes.
"""

import datetime
import hashlib
import json
import pathlib
import random

REGISTRIES = ("012345678901", "210987654321")
REGIONS = ("eu-west-1", "us-east-1")
REPOSITORIES = ("shop/web", "shop/api", "team/job", "o'clock/tick_tock")
WEEKS = 53
FIRST = datetime.datetime(2025, 1, 5, 6, 0, tzinfo=datetime.timezone.utc)
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def instant(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "+00:00"


class Repository:
    """One repository in one registry and region, as weeks go by."""

    def __init__(self, registry, region, name, dice):
        self.registry, self.region, self.name, self.dice = registry, region, name, dice
        self.images, self.pushed, self.version = [], 0, [1, 0, 0]

    def push(self, at, digest=None):
        dice = self.dice
        self.pushed += 1
        seed = f"{self.registry} {self.region} {self.name} {self.pushed}"
        image = {
            "registryId": self.registry,
            "repositoryName": self.name,
            "imageDigest": digest or "sha256:" + hashlib.sha256(seed.encode()).hexdigest(),
            "imageSizeInBytes": dice.randrange(1_000_000, 300_000_000),
            "imagePushedAt": at - datetime.timedelta(minutes=dice.randrange(1, 9000), microseconds=dice.randrange(1_000_000)),
            "imageManifestMediaType": MANIFEST,
        }
        if dice.random() < 0.8:
            part = dice.choice((0, 1, 2, 2, 2))
            self.version = [number + 1 if at_ == part else (0 if at_ > part else number) for at_, number in enumerate(self.version)]
            version = ".".join(map(str, self.version))
            image["imageTags"] = [dice.choice(("", "v")) + version + dice.choice(("", "", "", "-rc.1"))]
            if dice.random() < 0.3:
                self.move("prod", image)
            if dice.random() < 0.5:
                self.move("latest", image)
        if dice.random() < 0.1:
            del image["imageSizeInBytes"]
        if dice.random() < 0.9:
            image["imageStatus"] = "ACTIVE"
        if dice.random() < 0.2:
            image["artifactMediaType"] = "application/vnd.docker.container.image.v1+json"
        if dice.random() < 0.1:
            image["teamNote"] = {"n": dice.randrange(9)}
        self.images.append(image)
        self.scan(image, at)

    def move(self, tag, image):
        for other in self.images:
            if tag in other.get("imageTags", ()) and self.dice.random() < 0.95:
                other["imageTags"].remove(tag)
                if not other["imageTags"]:
                    del other["imageTags"]
        image.setdefault("imageTags", []).append(tag)

    def scan(self, image, at):
        if self.dice.random() < 0.6:
            counts = {severity: self.dice.randrange(0, 6) for severity in SEVERITIES if self.dice.random() < 0.4}
            image["imageScanStatus"] = {"status": "COMPLETE", "description": "The scan was completed successfully."}
            image["imageScanFindingsSummary"] = {
                "imageScanCompletedAt": at - datetime.timedelta(hours=3),
                "vulnerabilitySourceUpdatedAt": at - datetime.timedelta(hours=9),
                "findingSeverityCounts": counts,
            }

    def week(self, at):
        dice = self.dice
        for _ in range(dice.choice((0, 1, 1, 2))):
            self.push(at)
        for image in list(self.images):
            roll = dice.random()
            if roll < 0.03 and len(self.images) > 4:
                self.images.remove(image)
            elif roll < 0.06:
                self.scan(image, at)
            elif roll < 0.08 and at >= datetime.datetime(2025, 11, 5, tzinfo=datetime.timezone.utc):
                image["imageStatus"] = "ARCHIVED"
                image["lastArchivedAt"] = at - datetime.timedelta(hours=1)
            elif roll < 0.3:
                image["lastRecordedPullTime"] = at - datetime.timedelta(minutes=dice.randrange(1, 5000))
            elif roll < 0.31 and image.get("imageTags"):
                del image["imageTags"]
        dice.shuffle(self.images)


def spelled(image):
    """A detail as the AWS CLI prints it."""
    return json.loads(json.dumps(image, default=instant))


def captured_at(week):
    return FIRST + datetime.timedelta(weeks=week)


def capture_filter(week):
    """What the captures of a week asked for."""
    return {9: "tagStatus=TAGGED", 30: "tagStatus=UNTAGGED,imageStatus=ANY", 45: None, 47: None, 50: "imageStatus=ARCHIVED"}.get(
        week, "imageStatus=ANY"
    )


def shown(image, asked):
    status = image.get("imageStatus", "ACTIVE")
    if asked is None or "imageStatus" not in asked:
        if status != "ACTIVE":
            return False
    elif "imageStatus=ARCHIVED" in asked and status != "ARCHIVED":
        return False
    tagged = bool(image.get("imageTags"))
    return asked is None or not ("tagStatus=TAGGED" in asked and not tagged or "tagStatus=UNTAGGED" in asked and tagged)


def declared(week):
    """Whether the user says that a week's capture has every repository."""
    return week in (30, 45, 47, 48, 50)


def exists(week, registry, region, name):
    """A repository that is deleted for some weeks, in one registry and region, and one that begins late."""
    if (registry, region, name) == (REGISTRIES[0], REGIONS[1], "o'clock/tick_tock"):
        return week not in (45, 46, 48)
    if (registry, region, name) == (REGISTRIES[1], REGIONS[0], "shop/api"):
        return week not in (10, 11, 47)
    return True


def described(week, registry, region):
    """The describe-repositories page of a week, if there is one; that of one week is not the last."""
    if week not in (10, 13, 46, 47):
        return None
    repositories = [
        {
            "repositoryArn": f"arn:aws:ecr:{region}:{registry}:repository/{name}",
            "registryId": registry,
            "repositoryName": name,
            "createdAt": instant(FIRST - datetime.timedelta(days=40 + place)),
            "imageTagMutability": "IMMUTABLE" if place % 2 else "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": place == 0},
        }
        for place, name in enumerate(REPOSITORIES)
        if exists(week, registry, region, name)
    ]
    return {"repositories": repositories, **({"nextToken": "more"} if week == 13 else {})}


def policy(registry):
    rule = {"rulePriority": 1, "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 9},
            "action": {"type": "expire"}}
    return {"registryId": registry, "repositoryName": "shop/web", "lifecyclePolicyText": json.dumps({"rules": [rule]}),
            "lastEvaluatedAt": instant(FIRST)}


def missing(week, registry, region):
    """Whether nothing was captured."""
    return registry == REGISTRIES[1] and region == REGIONS[1] and (week in (20, 21, 22) or week == WEEKS - 1)


def write(folder):
    """Write all pages below folder/WEEK/REGION/REGISTRY; the weeks with their regions."""
    dice = random.Random(15)
    repositories = {}
    for registry in REGISTRIES:
        for region in REGIONS:
            for name in REPOSITORIES:
                repository = Repository(registry, region, name, random.Random(f"{registry}{region}{name}"))
                for number in range(4):
                    repository.push(FIRST - datetime.timedelta(days=30 + number))
                repositories[registry, region, name] = repository
    written = []
    for week in range(WEEKS):
        at = captured_at(week)
        for registry in REGISTRIES:
            for name in REPOSITORIES:
                source, replica = (repositories[registry, region, name] for region in REGIONS)
                source.week(at)
                if name == "team/job":
                    replica.week(at)
                elif dice.random() < 0.7:
                    # The replica follows, mostly.
                    replica.images = [dict(image, imageTags=list(image["imageTags"])) if "imageTags" in image else dict(image)
                                      for image in source.images if dice.random() < 0.97]
        for region in REGIONS:
            any_page = False
            for registry in REGISTRIES:
                if missing(week, registry, region):
                    continue
                pages = {}
                if page := described(week, registry, region):
                    pages = {"describe-repositories.json": page, "shop+web.policy.json": policy(registry)}
                for file, page in pages.items():
                    path = pathlib.Path(folder, f"{week:02}", region, registry, file)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(json.dumps(page, indent=4) + "\n")
                for place, name in enumerate(REPOSITORIES):
                    if not exists(week, registry, region, name):
                        continue
                    details = [spelled(image) for image in repositories[registry, region, name].images
                               if shown(image, capture_filter(week))]
                    page = {"imageDetails": details}
                    if (week + place) % 17 == 3 and len(details) > 2:
                        page = {"imageDetails": details[:-2], "nextToken": "more"}
                    if not details:
                        # An empty page does not say whose it is.
                        continue
                    path = pathlib.Path(folder, f"{week:02}", region, registry, name.replace("/", "+").replace("'", "%27") + ".json")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(json.dumps(page, indent=4) + "\n")
                    any_page = True
            if any_page:
                written.append((week, region))
    return written
