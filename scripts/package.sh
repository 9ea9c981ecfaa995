#!/usr/bin/env bash
# Make the release: the program, its completions and man pages, what runs on the connected side, samples, licences and
# papers in one archive.
#
#   scripts/package.sh [FOLDER]     writes FOLDER/ecrsnap-VERSION-TARGET.tar.gz (default: target/package)
#
# The same sources and toolchain give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-target/package}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
target=$(rustc -vV | sed -n 's/^host: //p')
name=ecrsnap-$version-$target

# On Linux the C library goes in: the machine that it comes to may have an older one.
case $target in
    *-linux-gnu) export RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" ;;
esac
cargo build --release --locked --target "$target"
program=${CARGO_TARGET_DIR:-target}/$target/release/ecrsnap

rm -rf "${folder:?}/$name"
mkdir -p "$folder/$name/completions"
cp "$program" README.md CHANGELOG.md CONTRIBUTING.md LICENSE-APACHE LICENSE-MIT "$folder/$name/"
cp -r docs samples schema "$folder/$name/"
mkdir "$folder/$name/scripts" "$folder/$name/benches"
cp benches/README.md "$folder/$name/benches/"
cp scripts/export.sh "$folder/$name/scripts/"
"$program" completions bash > "$folder/$name/completions/ecrsnap.bash"
"$program" completions zsh > "$folder/$name/completions/_ecrsnap"
"$program" completions fish > "$folder/$name/completions/ecrsnap.fish"
"$program" man --out "$folder/$name/man"

stamp=$(git log -1 --format=%ct 2>/dev/null || echo 0)
tar --create --sort=name --mtime="@$stamp" --owner=0 --group=0 --numeric-owner --directory "$folder" "$name" \
    | gzip --no-name --best > "$folder/$name.tar.gz"
echo "$folder/$name.tar.gz"
