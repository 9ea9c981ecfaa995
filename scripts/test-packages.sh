#!/usr/bin/env bash
# Check the packages that scripts/packages.sh made: each is installed into an empty root with its package manager, and the program
# is run there with nothing else and asked a question.
#
#   scripts/test-packages.sh [--target TARGET] [FOLDER]   FOLDER: where the packages are (default: target/package)
#   scripts/test-packages.sh --reproducible [FOLDER]      build the archive again in another folder and compare the bytes
#   scripts/test-packages.sh --crate [FOLDER]             check the published package, and install from it
#
# Needs Debian or Ubuntu; installs the package managers and readers that it uses, and becomes root for chroot. Packages of another
# architecture are run by QEMU (scripts/install-cross.sh installs it).
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
    --reproducible | --crate) ;;
    *)
        # chroot needs root; cargo and rustc stay those of the user.
        [ "$(id -u)" -eq 0 ] || exec sudo env "PATH=$PATH" "HOME=$HOME" "CARGO_HOME=${CARGO_HOME:-$HOME/.cargo}" "$PWD/scripts/test-packages.sh" "$@"
        missing=()
        for pair in rpm:rpm man:man-db file:file strings:binutils skopeo:skopeo; do
            command -v "${pair%%:*}" > /dev/null || missing+=("${pair##*:}")
        done
        if [ ${#missing[@]} -gt 0 ]; then
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
        fi
        ;;
esac

host=$(rustc -vV | sed -n 's/^host: //p')
target=$host
what=packages
case ${1:-} in
    --target) target=$2; shift 2 ;;
    --reproducible | --crate) what=${1#--}; shift ;;
esac
mkdir -p "${1:-target/package}"
folder=$(cd "${1:-target/package}" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
machine=${target%%-*}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ "$what" = reproducible ]; then
    echo "== the same archive again, in another folder and for another user"
    first=$folder/ecrsnap-$version-$target.tar.gz
    git worktree add --quiet --detach "$work/again" HEAD
    trap 'git worktree remove --force "$work/again"; rm -rf "$work"' EXIT
    # Another umask, another home for what cargo downloads, and nothing of the first build.
    mkdir "$work/cargo"
    ln -s "${CARGO_HOME:-$HOME/.cargo}/registry" "$work/cargo/registry"
    (umask 077 && CARGO_HOME=$work/cargo CARGO_TARGET_DIR=$work/target "$work/again/scripts/package.sh" --target "$target" "$work/second") > /dev/null
    cmp "$first" "$work/second/$(basename "$first")"
    sha256sum "$first"
    exit
fi

if [ "$what" = crate ]; then
    echo "== published package: unpacked, installed from, asked"
    cargo package --quiet --locked --no-verify
    crate=${CARGO_TARGET_DIR:-target}/package/ecrsnap-$version.crate
    size=$(stat -c %s "$crate")
    [ "$size" -lt 1500000 ] || { echo "$crate has $size bytes" >&2; exit 1; }
    tar -xzf "$crate" -C "$work"
    # Without optimization: what is asked is whether the package is complete.
    cargo install --quiet --locked --debug --path "$work/ecrsnap-$version" --root "$work/root" \
        --target-dir "${CARGO_TARGET_DIR:-$PWD/target}"
    "$work/root/bin/ecrsnap" --db "$work/e.db" ingest samples/2026-03-15 --snapshot one > /dev/null 2>&1
    [ "$("$work/root/bin/ecrsnap" --db "$work/e.db" describe-images --repository-name shop/api --query 'length(imageDetails)')" = 4 ]
    echo "$crate: $size bytes"
    exit
fi

one() { # the only file that matches
    local files=("$folder"/$1)
    [ ${#files[@]} -eq 1 ] && [ -f "${files[0]}" ] || { echo "expected one file $folder/$1, found: ${files[*]}" >&2; exit 1; }
    echo "${files[0]}"
}
case $machine in
    x86_64) deb=amd64 image=amd64 ;;
    aarch64) deb=arm64 image=arm64 ;;
    *) echo "no names for packages of $machine" >&2; exit 1 ;;
esac
samples=$PWD/samples/2026-03-15
# The program of a root, asked there with nothing else: no library, no variable, no other file than those of the package.
ask() {
    local root=$1 program=$2
    [ "$target" = "$host" ] || cp "$(command -v "qemu-$machine-static")" "$root/qemu"
    local run=(env -i "$(command -v chroot)" "$root")
    [ "$target" = "$host" ] || run+=(/qemu)
    mkdir -p "$root/data/pages"
    cp "$samples"/*.json "$root/data/pages/"
    "${run[@]}" "$program" --db /data/e.db ingest /data/pages --snapshot one > "$work/ingest.log" 2>&1 || { cat "$work/ingest.log" >&2; exit 1; }
    local answer
    answer=$("${run[@]}" "$program" --db /data/e.db sql --output csv "SELECT count(*) AS images FROM images" | tail -n 1 | tr -d '\r')
    [ "$answer" = 32 ] || { echo "expected 32 images, found: $answer" >&2; exit 1; }
    answer=$("${run[@]}" "$program" --db /data/e.db describe-images --repository-name shop/api --query 'length(imageDetails)')
    [ "$answer" = 4 ] || { echo "expected 4 images in shop/api, found: $answer" >&2; exit 1; }
    [ "$("${run[@]}" "$program" --version)" = "ecrsnap $version" ]
}
# What both package managers install.
complete() {
    local root=$1
    for file in man/man1/ecrsnap.1.gz man/man1/ecrsnap-describe-images.1.gz bash-completion/completions/ecrsnap \
        fish/vendor_completions.d/ecrsnap.fish doc/ecrsnap/README.md doc/ecrsnap/docs/tour.md doc/ecrsnap/schema/README.md \
        doc/ecrsnap/samples/2026-03-15/shop+api.json doc/ecrsnap/examples/scheduled-export/iam-policy.json \
        doc/ecrsnap/monitoring/datasette/metadata.yml doc/ecrsnap/scripts/export.sh; do
        [ -f "$root/usr/share/$file" ] || { echo "no /usr/share/$file in $root" >&2; exit 1; }
    done
    compgen -G "$root/usr/share/zsh/*/_ecrsnap" > /dev/null
    local lines
    lines=$(man -l "$root/usr/share/man/man1/ecrsnap-describe-images.1.gz" 2> /dev/null | grep -c -e '--image-ids' -e 'EXAMPLES')
    [ "$lines" -ge 2 ] || { echo "the manual page of describe-images shows no option or example" >&2; exit 1; }
}

echo "== checksums"
(cd "$folder" && sha256sum --check --quiet SHA256SUMS)

echo "== archive"
mkdir "$work/archive"
tar -xzf "$(one "ecrsnap-$version-$target.tar.gz")" -C "$work/archive" --strip-components 1
file -b "$work/archive/ecrsnap" | grep -qE 'statically linked|static-pie linked'
if strings "$work/archive/ecrsnap" | grep -F -e "$HOME/" -e "$PWD/"; then
    echo "the program holds paths of this machine" >&2
    exit 1
fi
ask "$work/archive" /ecrsnap
[ -f "$work/archive/LICENSE-MIT" ] && [ -f "$work/archive/examples/scheduled-export/ecr-snapshot.yml" ]

echo "== .deb"
mkdir -p "$work/deb/var/lib/dpkg"
touch "$work/deb/var/lib/dpkg/status"
foreign=()
[ "$target" = "$host" ] || foreign=(--force-architecture)
dpkg --root="$work/deb" --force-not-root "${foreign[@]}" --log=/dev/null --install "$(one "ecrsnap_$version-1_$deb.deb")" > /dev/null 2>&1
dpkg --root="$work/deb" --status ecrsnap | grep -q '^Status: install ok installed'
complete "$work/deb"
[ -f "$work/deb/usr/share/doc/ecrsnap/copyright" ]
ask "$work/deb" /usr/bin/ecrsnap

echo "== .rpm"
mkdir "$work/rpm"
rpm=$(one "ecrsnap-$version-1.$machine.rpm")
# Nothing is required but abilities of rpm itself.
if rpm -qp --requires "$rpm" | grep -v '^rpmlib('; then exit 1; fi
rpm --root "$work/rpm" --initdb
foreign=()
[ "$target" = "$host" ] || foreign=(--ignorearch)
# Debian's rpm warns that it is not the system's package manager.
rpm --root "$work/rpm" --nodeps "${foreign[@]}" --install "$rpm" 2> "$work/rpm.log" || { cat "$work/rpm.log" >&2; exit 1; }
rpm --root "$work/rpm" --nodeps --verify ecrsnap
complete "$work/rpm"
[ -f "$work/rpm/usr/share/licenses/ecrsnap/LICENSE-APACHE" ]
ask "$work/rpm" /usr/bin/ecrsnap

echo "== container image"
mkdir "$work/oci" "$work/image"
tar -xf "$(one "ecrsnap-$version-$machine-oci.tar")" -C "$work/oci"
python3 - "$work/oci" "$work/image" "$image" <<'PYTHON'
import gzip, hashlib, json, pathlib, sys, tarfile

layout, root = map(pathlib.Path, sys.argv[1:3])


def blob(descriptor):
    data = (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    assert len(data) == descriptor["size"], descriptor
    assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"], descriptor
    return data


assert json.loads((layout / "oci-layout").read_bytes())["imageLayoutVersion"] == "1.0.0"
(entry,) = json.loads((layout / "index.json").read_bytes())["manifests"]
assert entry["platform"] == {"architecture": sys.argv[3], "os": "linux"}, entry
manifest = json.loads(blob(entry))
config = json.loads(blob(manifest["config"]))
assert config["config"]["Entrypoint"] == ["/ecrsnap"] and config["architecture"] == sys.argv[3], config
for layer, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
    assert "sha256:" + hashlib.sha256(gzip.decompress(blob(layer))).hexdigest() == diff_id
    tarfile.open(layout / "blobs" / layer["digest"].replace(":", "/")).extractall(root)
(docker,) = json.loads((layout / "manifest.json").read_bytes())
assert (layout / docker["Config"]).is_file() and all((layout / path).is_file() for path in docker["Layers"])
# The Containerfile makes the same image: program, user, folder, variables, entry point.
lines = pathlib.Path("packaging/container/Containerfile").read_text().splitlines()
said = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines if line and not line.startswith("#")}
assert said["FROM"] == "scratch" and json.loads(said["ENTRYPOINT"]) == config["config"]["Entrypoint"], said
assert said["USER"] == config["config"]["User"] and said["WORKDIR"] == config["config"]["WorkingDir"], said
assert [said["ENV"]] == config["config"]["Env"] and said["COPY"].split()[-1] == "/ecrsnap", said
PYTHON
# A program of others reads it in both of its forms.
for form in oci-archive docker-archive; do
    skopeo --override-arch "$image" inspect "$form:$(one "ecrsnap-$version-$machine-oci.tar")" | grep -q "\"Architecture\": \"$image\""
done
ask "$work/image" /ecrsnap

echo "== bill of materials"
python3 - "$(one "ecrsnap-$version.cdx.json")" <<'PYTHON'
import json, re, sys

document = json.load(open(sys.argv[1]))
listed = {(component["name"], component["version"]) for component in document["components"]}
locked = set(re.findall(r'name = "(.*)"\nversion = "(.*)"', open("Cargo.lock").read()))
assert document["bomFormat"] == "CycloneDX" and {"rusqlite", "clap", "serde_json", "chrono"} <= {name for name, _ in listed}
assert listed <= locked, sorted(listed - locked)
PYTHON
echo "all packages of $target answer"
