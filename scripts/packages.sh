#!/usr/bin/env bash
# Build every package: archive, .deb, .rpm, container image, bill of materials, checksums.
#
#   scripts/packages.sh [--target TARGET] [FOLDER]     writes to FOLDER (default: target/package)
#
# TARGET is this machine's unless given; scripts/install-cross.sh prepares aarch64-unknown-linux-gnu. Packages of several
# targets can be in one folder. Installs the cargo tools that it needs, at pinned versions, into target/tools.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(rustc -vV | sed -n 's/^host: //p')
if [ "${1:-}" = --target ]; then
    target=$2
    shift 2
fi
folder=$(mkdir -p "${1:-target/package}" && cd "${1:-target/package}" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
case $target in
    *-linux-*) ;;
    *) echo "$target: .deb, .rpm and the container image are made on Linux; scripts/package.sh makes the archive" >&2; exit 1 ;;
esac

tools=$PWD/target/tools
install_tool() {
    [ -x "$tools/bin/$1" ] || cargo install --quiet --locked --root "$tools" "$1@$2"
}
install_tool cargo-deb 3.8.0
install_tool cargo-generate-rpm 0.21.1
install_tool cargo-cyclonedx 0.5.9
export PATH="$tools/bin:$PATH"

archive=$(scripts/package.sh --target "$target" "$folder" | tail -n 1)

# The packages take the program, man pages and completions of the archive.
staged=target/package-root
rm -rf "$staged"
mkdir -p "$staged"
tar -xzf "$archive" --strip-components 1 -C "$staged"
gzip --no-name --best "$staged"/man/*.1

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
cargo deb --quiet --no-build --no-strip --target "$target" --output "$folder/"
cargo generate-rpm --target "$target" --output "$folder/"
python3 scripts/oci-image.py "$staged/ecrsnap" "$version" "${target%%-*}" "$folder/ecrsnap-$version-${target%%-*}-oci.tar"
cargo cyclonedx --quiet --format json --override-filename "ecrsnap-$version.cdx"
mv "ecrsnap-$version.cdx.json" "$folder/"

cd "$folder"
sha256sum -- *.tar.gz *.deb *.rpm *-oci.tar *.cdx.json > SHA256SUMS
cat SHA256SUMS
