#!/usr/bin/env bash
# Check the packages that scripts/packages.sh made: each is unpacked or installed into an empty folder, and the program in it is
# run there with nothing else and asked a question.
#
#   scripts/test-packages.sh [FOLDER]                  FOLDER: where the packages are (default: target/package)
#   scripts/test-packages.sh --reproducible [FOLDER]   also build the archive again and compare the bytes
#
# Needs dpkg, rpm and cpio (`apt-get install dpkg rpm cpio`), and root for the last step of the container image.
set -euo pipefail
cd "$(dirname "$0")/.."

reproducible=false
if [ "${1:-}" = --reproducible ]; then
    reproducible=true
    shift
fi
folder=$(cd "${1:-target/package}" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

one() { # the only file that matches
    local files=("$folder"/$1)
    [ ${#files[@]} -eq 1 ] && [ -f "${files[0]}" ] || { echo "expected one file $folder/$1, found: ${files[*]}" >&2; exit 1; }
    echo "${files[0]}"
}
samples=$PWD/samples/2026-03-15
ask() { # a program, as it is run; answers from a database of its own
    local db=$work/$RANDOM.db
    env -i "$@" --db "$db" ingest "$samples" --snapshot one > /dev/null 2>&1
    local answer
    answer=$(env -i "$@" --db "$db" sql --output csv "SELECT count(*) AS images FROM images" | tail -n 1 | tr -d '\r')
    [ "$answer" = 32 ] || { echo "expected 32 images, found: $answer" >&2; exit 1; }
}

echo "== checksums"
(cd "$folder" && sha256sum --check --quiet SHA256SUMS)

echo "== archive"
mkdir "$work/archive"
tar -xzf "$(one "ecrsnap-$version-*.tar.gz")" -C "$work/archive" --strip-components 1
ldd "$work/archive/ecrsnap" 2>&1 | grep -qE 'statically linked|not a dynamic executable'
ask "$work/archive/ecrsnap"
man -l "$work/archive/man/ecrsnap.1" > /dev/null

echo "== .deb"
deb=$(one "ecrsnap_$version-*.deb")
dpkg-deb --info "$deb" > /dev/null
mkdir -p "$work/deb/var/lib/dpkg"
touch "$work/deb/var/lib/dpkg/status"
dpkg --root="$work/deb" --force-not-root --log=/dev/null --install "$deb" > /dev/null
dpkg --root="$work/deb" --status ecrsnap | grep -q '^Status: install ok installed'
ask "$work/deb/usr/bin/ecrsnap"
[ -f "$work/deb/usr/share/man/man1/ecrsnap-images.1.gz" ]

echo "== .rpm"
rpm=$(one "ecrsnap-$version-*.rpm")
mkdir "$work/rpm"
(cd "$work/rpm" && rpm2cpio "$rpm" | cpio -id --quiet)
ask "$work/rpm/usr/bin/ecrsnap"
[ -f "$work/rpm/usr/share/man/man1/ecrsnap-images.1.gz" ]

echo "== container image"
mkdir "$work/oci" "$work/root"
tar -xf "$(one "ecrsnap-$version-oci.tar")" -C "$work/oci"
python3 - "$work/oci" "$work/root" <<'PYTHON'
import hashlib, json, pathlib, sys, tarfile

layout, root = map(pathlib.Path, sys.argv[1:])


def blob(descriptor):
    data = (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    assert len(data) == descriptor["size"], descriptor
    assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"], descriptor
    return data


assert json.loads((layout / "oci-layout").read_bytes())["imageLayoutVersion"] == "1.0.0"
(entry,) = json.loads((layout / "index.json").read_bytes())["manifests"]
manifest = json.loads(blob(entry))
config = json.loads(blob(manifest["config"]))
assert config["config"]["Entrypoint"] == ["/ecrsnap"], config
for layer in manifest["layers"]:
    blob(layer)
    tarfile.open(layout / "blobs" / layer["digest"].replace(":", "/")).extractall(root)
(docker,) = json.loads((layout / "manifest.json").read_bytes())
assert (layout / docker["Config"]).is_file() and all((layout / path).is_file() for path in docker["Layers"])
PYTHON
if [ "$(id -u)" -eq 0 ]; then
    cp -r "$samples" "$work/root/data/pages"
    env -i chroot "$work/root" /ecrsnap --db /data/e.db ingest /data/pages --snapshot one > /dev/null 2>&1
    env -i chroot "$work/root" /ecrsnap --db /data/e.db describe-images --repository-name shop/api --query 'length(imageDetails)' | grep -qx 4
else
    ask "$work/root/ecrsnap"
    echo "note: not root, so the program was not run with the image as its root folder" >&2
fi

echo "== bill of materials"
python3 - "$(one "ecrsnap-$version.cdx.json")" <<'PYTHON'
import json, sys

document = json.load(open(sys.argv[1]))
names = {component["name"] for component in document["components"]}
assert document["bomFormat"] == "CycloneDX" and {"rusqlite", "clap", "serde_json", "chrono"} <= names, sorted(names)
PYTHON

echo "== published package"
cargo package --quiet --locked --no-verify --allow-dirty
crate=target/package/ecrsnap-$version.crate
size=$(stat -c %s "$crate")
[ "$size" -lt 1500000 ] || { echo "$crate has $size bytes" >&2; exit 1; }

if $reproducible; then
    echo "== the same archive again"
    git worktree add --quiet --detach "$work/again" HEAD
    trap 'git worktree remove --force "$work/again"; rm -rf "$work"' EXIT
    "$work/again/scripts/package.sh" "$work/second" > /dev/null
    cmp "$(one "ecrsnap-$version-*.tar.gz")" "$work/second/$(basename "$(one "ecrsnap-$version-*.tar.gz")")"
fi
echo "all packages answer"
