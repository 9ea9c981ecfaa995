"""Save registries with scripts/export.sh and the real AWS CLIs, and take the folders in again.

    .venv/bin/python tests/conformance/export.py

`scripts/install-clients.sh` installs the clients and moto, a server that answers as ECR does. In each release of the AWS
CLI:

1. `scripts/export.sh` saves two regions of moto; `ecrsnap ingest FOLDER` takes them in without further options.
2. A script that loops over the repositories prints the same, byte for byte, by the real client at moto, by the real client
   at `ecrsnap serve`, and by `ecrsnap` offline.
3. `scripts/export.sh` saves what `ecrsnap serve` answers, and `ecrsnap export` writes the snapshot: both folders, taken in,
   give the same listings, settings, policies and scope.

Exit status 1 if something differs, with the difference.
"""

import contextlib
import json
import logging
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import boto3
from moto.server import ThreadedMotoServer

from compare import CLIENTS, HOME, LONGEST, LOOP, ROOT, difference, program, served

EXPORT = ROOT / "scripts" / "export.sh"
KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true"}
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
EVERYTHING = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 2}
POLICY = {"rules": [{"rulePriority": 1, "selection": EVERYTHING, "action": {"type": "expire"}}]}
# Repositories and their images by region: a name that is one of an export's own files is among them.
REGISTRY = {
    "eu-west-1": {
        "shop/web": ["1.0", "1.1", "latest"],
        "shop/web.policy": ["1"],
        "describe-repositories": ["1"],
        "empty": [],
    },
    "us-east-1": {"shop/web": ["1.0"], "tools/build-er_2": ["a", "b"]},
}
# The loop with the other operations that are saved.
MORE = """for r in $(aws ecr describe-repositories --query 'repositories[].repositoryName' --output text); do
  aws ecr list-images --repository-name "$r" --query 'length(imageIds)'
  aws ecr get-lifecycle-policy --repository-name "$r" --query lifecyclePolicyText --output text 2>/dev/null || echo none
done
aws ecr describe-repositories
aws ecr describe-repositories --output yaml --repository-names shop/web"""
# What has to be the same after a round trip.
QUESTIONS = {
    "listings": "SELECT registry_id, region, repository_name, images, bytes, complete, capture_filter FROM repositories"
    " ORDER BY 1, 2, 3",
    "details": "SELECT registry_id, region, repository_name, image_digest, image_tags, image_size_in_bytes, image_pushed_at_us FROM images"
    " ORDER BY 1, 2, 3, 4",
    "settings": "SELECT registry_id, region, repository_name, created_at_us, members FROM repository_settings"
    " ORDER BY 1, 2, 3",
    "policies": "SELECT registry_id, region, repository_name, policy FROM lifecycle_policies ORDER BY 1, 2, 3",
    "scopes": "SELECT registry_id, region, source, capture_filter FROM scopes ORDER BY 1, 2, 3",
}


def fill(address):
    """Push images, set policies and settings."""
    for region, repositories in REGISTRY.items():
        client = boto3.client(
            "ecr", region_name=region, endpoint_url=address, aws_access_key_id="x", aws_secret_access_key="x"
        )
        for number, (name, tags) in enumerate(repositories.items()):
            client.create_repository(
                repositoryName=name,
                imageTagMutability=["MUTABLE", "IMMUTABLE"][number % 2],
                imageScanningConfiguration={"scanOnPush": number % 2 == 0},
            )
            for size, tag in enumerate(tags):
                layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1000 + size}
                manifest = {
                    "schemaVersion": 2,
                    "mediaType": MANIFEST,
                    "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7, "digest": name},
                    "layers": [{**layer, "digest": f"{name}:{tag}"}],
                }
                client.put_image(
                    repositoryName=name, imageManifest=json.dumps(manifest), imageManifestMediaType=MANIFEST, imageTag=tag
                )
            if number % 3 == 0:
                client.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(POLICY))


@contextlib.contextmanager
def moto():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def shell(script, wrapper, region, **more):
    """Run a script in which `aws` is that program, with nothing of the machine's settings."""
    with tempfile.TemporaryDirectory() as bin:
        aws = pathlib.Path(bin) / "aws"
        aws.write_text(f'#!/bin/sh\nexec {wrapper} "$@"\n')
        aws.chmod(0o755)
        environment = {
            "PATH": f"{bin}:/usr/local/bin:/usr/bin:/bin",
            "HOME": HOME.name,
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "AWS_DEFAULT_REGION": region,
            **more,
        }
        words = script if isinstance(script, list) else ["/bin/sh", "-c", script]
        done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=5 * LONGEST)
    return {"stdout": done.stdout.decode(), "stderr": done.stderr.decode(), "status": done.returncode}


def export(folder, client, address):
    """The folder of the day that scripts/export.sh wrote."""
    words = [str(EXPORT), str(folder), "--regions", ",".join(REGISTRY)]
    outcome = shell(words, client, "us-east-1", AWS_ENDPOINT_URL=address, **KEYS)
    if outcome["status"] != 0:
        sys.exit(f"{' '.join(words)}: exit status {outcome['status']}\n{outcome['stderr']}")
    [day] = folder.iterdir()
    return day


def ingest(ecrsnap, database, folder):
    """Take a folder in without further options."""
    words = [ecrsnap, "--db", database, "ingest", folder, "--snapshot", "a"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    subprocess.run([ecrsnap, "--db", database, "verify"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def answers(ecrsnap, database):
    """What a database says to each question."""
    ask = [ecrsnap, "--db", database, "sql", "--output", "csv"]
    return {name: subprocess.check_output([*ask, sql], text=True) for name, sql in QUESTIONS.items()}


def compared(title, expected, found):
    same = {"stdout": "", "stderr": "", "status": 0}
    return [
        difference(f"{title}: {name}", {**same, "stdout": expected[name]}, {**same, "stdout": found[name]})
        for name in expected
        if expected[name] != found[name]
    ]


def of_release(release, ecrsnap, address, folder):
    """What differs with that release of the AWS CLI, and how many outputs were compared."""
    client, own = CLIENTS[release], f"{ecrsnap} --aws-cli {release}"
    database, differences, count = folder / "moto.db", [], 0
    ingest(ecrsnap, database, export(folder / "moto", client, address))
    first = answers(ecrsnap, database)
    for region, repositories in REGISTRY.items():
        for name, tags in repositories.items():
            if f",{region},{name},{len(tags)}," not in first["listings"]:
                differences.append(f"== {release} {region} {name}: not as it was pushed\n{first['listings']}")
    with served(ecrsnap, database) as offline:
        for region in REGISTRY:
            for title, script in [("the loop", LOOP), ("the other operations", MORE)]:
                if release == "v1":
                    script = script.replace("--output yaml", "--output table")
                live = shell(script, client, region, AWS_ENDPOINT_URL=address, **KEYS)
                # moto sends whole seconds as integers. The service has a fraction, and version 1 prints what it gets.
                live["stdout"] = re.sub(r'("imagePushedAt": [0-9]+)(,?)$', r"\1.0\2", live["stdout"], flags=re.M)
                if live["status"] != 0 or "shop/web" not in live["stdout"]:
                    differences.append(f"== {release} {region}: {title} at moto: {live}")
                for where, outcome in [
                    ("the real client at serve", shell(script, client, region, AWS_ENDPOINT_URL=offline, **KEYS)),
                    ("ecrsnap offline", shell(script, own, region, ECRSNAP_DB=str(database))),
                ]:
                    count += 1
                    if outcome != live:
                        differences.append(difference(f"{release} {region}: {title} by {where}", live, outcome))
        again = export(folder / "served", client, offline)
    ingest(ecrsnap, folder / "served.db", again)
    differences += compared(f"{release}: export.sh from serve", first, answers(ecrsnap, folder / "served.db"))
    words = [ecrsnap, "--db", database, "export", "a", "--out", folder / "exported"]
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
    ingest(ecrsnap, folder / "exported.db", folder / "exported")
    differences += compared(f"{release}: ecrsnap export", first, answers(ecrsnap, folder / "exported.db"))
    return differences, count + 2 * len(first)


def main():
    for client in CLIENTS.values():
        if not client.is_file():
            sys.exit(f"{client} is not there: run scripts/install-clients.sh")
    ecrsnap = program()
    differences, count = [], 0
    with moto() as address:
        fill(address)
        for release in CLIENTS:
            with tempfile.TemporaryDirectory() as folder:
                found, compared_now = of_release(release, ecrsnap, address, pathlib.Path(folder))
                differences += found
                count += compared_now
    for text in differences:
        print(text)
    print(f"export: {count} outputs compared, {len(differences)} differ")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
