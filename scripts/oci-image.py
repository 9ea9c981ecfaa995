#!/usr/bin/env python3
"""Write a container image from scratch that holds only the statically linked program.

    scripts/oci-image.py PROGRAM VERSION x86_64|aarch64 OUT.tar

The file is an OCI image layout with the index that `docker load` reads as well. The same program and version give the same
bytes: no time, user or path of this machine is in it.
"""

import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def to_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def tar(entries):
    """A tar archive of (name, mode, content) with nothing of this machine in it; content None is a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, mode, content in entries:
            entry = tarfile.TarInfo(name)
            entry.mode = mode
            if content is None:
                entry.type = tarfile.DIRTYPE
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    program, version, machine, out = sys.argv[1:]
    architecture = ARCHITECTURES.get(machine)
    if architecture is None:
        sys.exit(f"no name for the architecture {machine} in an image")

    layer = tar([("data", 0o777, None), ("ecrsnap", 0o755, pathlib.Path(program).read_bytes())])
    packed = gzip.compress(layer, compresslevel=9, mtime=0)
    config = to_json({
        "architecture": architecture,
        "os": "linux",
        "config": {
            "Entrypoint": ["/ecrsnap"],
            "Env": ["ECRSNAP_DB=/data/ecrsnap.db"],
            "User": "65532:65532",
            "WorkingDir": "/data",
            "Labels": {
                "org.opencontainers.image.title": "ecrsnap",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
    })
    manifest = to_json({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest(config),
            "size": len(config),
        },
        "layers": [{
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "digest": digest(packed),
            "size": len(packed),
        }],
    })
    index = to_json({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest(manifest),
            "size": len(manifest),
            "platform": {"architecture": architecture, "os": "linux"},
            "annotations": {"org.opencontainers.image.ref.name": version},
        }],
    })

    def blob(data):
        return "blobs/sha256/" + digest(data).removeprefix("sha256:")

    legacy = to_json([{"Config": blob(config), "RepoTags": [f"ecrsnap:{version}"], "Layers": [blob(packed)]}])
    pathlib.Path(out).write_bytes(tar([
        ("oci-layout", 0o644, to_json({"imageLayoutVersion": "1.0.0"})),
        ("index.json", 0o644, index),
        ("manifest.json", 0o644, legacy),
        (blob(manifest), 0o644, manifest),
        (blob(config), 0o644, config),
        (blob(packed), 0o644, packed),
    ]))


main()
