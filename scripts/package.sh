#!/usr/bin/env bash
# Make the release archive: the program, its completions and man pages, the script for the connected side, documentation,
# samples and licences.
#
#   scripts/package.sh [--target TARGET] [FOLDER]     writes FOLDER/ecrsnap-VERSION-TARGET.tar.gz (default: target/package)
#
# TARGET is this machine's unless given; scripts/install-cross.sh prepares aarch64-unknown-linux-gnu. The same sources and
# toolchain give the same bytes, whatever the folder and the user.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
target=$host
if [ "${1:-}" = --target ]; then
    target=$2
    shift 2
fi
folder=${1:-target/package}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
name=ecrsnap-$version-$target

# No path of this machine gets into the program.
flags="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
# On Linux the C library is linked statically, so that an older one on the target machine does not matter.
case $target in
    *-linux-gnu) flags="$flags -C target-feature=+crt-static" ;;
esac
export RUSTFLAGS="${RUSTFLAGS:-} $flags"
# Symbols are not needed to read a panic message.
export CARGO_PROFILE_RELEASE_STRIP=symbols

runner=()
if [ "$target" != "$host" ]; then
    # shellcheck source=/dev/null
    [ ! -f "target/cross/$target.env" ] || . "target/cross/$target.env"
    [ -z "${ECRSNAP_RUNNER:-}" ] || runner=("$ECRSNAP_RUNNER")
fi
cargo build --release --locked --target "$target"
program=${CARGO_TARGET_DIR:-target}/$target/release/ecrsnap
run() { "${runner[@]}" "$program" "$@"; }

rm -rf "${folder:?}/$name"
mkdir -p "$folder/$name/completions" "$folder/$name/scripts" "$folder/$name/benches" "$folder/$name/examples"
cp "$program" README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE-APACHE LICENSE-MIT "$folder/$name/"
cp -r docs samples schema lake monitoring "$folder/$name/"
cp benches/README.md "$folder/$name/benches/"
cp scripts/export.sh "$folder/$name/scripts/"
cp -r examples/scheduled-export "$folder/$name/examples/"
run completions bash > "$folder/$name/completions/ecrsnap.bash"
run completions zsh > "$folder/$name/completions/_ecrsnap"
run completions fish > "$folder/$name/completions/ecrsnap.fish"
run man --out "$folder/$name/man"

stamp=$(git log -1 --format=%ct 2>/dev/null || echo 0)
# Modes are set, for they depend on the umask of the checkout.
tar --create --sort=name --format=gnu --mtime="@$stamp" --mode='u+rw,go+r,go-w,a+X' --owner=0 --group=0 --numeric-owner \
    --directory "$folder" "$name" | gzip --no-name --best > "$folder/$name.tar.gz"
echo "$folder/$name.tar.gz"
