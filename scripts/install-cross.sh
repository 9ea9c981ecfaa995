#!/usr/bin/env bash
# Prepare a cross build for aarch64 Linux in target/cross: scripts/package.sh --target aarch64-unknown-linux-gnu.
#
# If the toolchain has the standard library for that target (`rustup target add aarch64-unknown-linux-gnu`), it is used. Else
# Debian's package of a Rust compiler and its library for arm64 are unpacked into target/cross; nothing of them is installed.
# The linker, the C library and QEMU, which runs the program to make its man pages, are Debian's packages in either case.
set -euo pipefail
cd "$(dirname "$0")/.."

target=aarch64-unknown-linux-gnu
cross=$PWD/target/cross
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"

if ! command -v aarch64-linux-gnu-gcc > /dev/null || ! command -v qemu-aarch64-static > /dev/null; then
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
fi
mkdir -p "$cross"

compiler=""
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
    compiler=$cross/debian/usr/bin/rustc
    if [ ! -x "$compiler" ]; then
        # A package list of its own, so that this machine's apt does not get a second architecture.
        mkdir -p "$cross/apt/state/lists/partial" "$cross/apt/cache/archives/partial"
        : > "$cross/apt/status"
        cat > "$cross/apt/apt.conf" <<EOF
APT::Architectures { "amd64"; "arm64"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State "$cross/apt/state";
Dir::State::status "$cross/apt/status";
Dir::Cache "$cross/apt/cache";
EOF
        export APT_CONFIG=$cross/apt/apt.conf
        apt-get update -qq
        release=$(apt-cache show --no-all-versions rustc-web:amd64 | sed -n 's/^Version: \([0-9]*\.[0-9]*\)\..*/\1/p')
        (
            cd "$cross/apt"
            rm -f ./*.deb
            apt-get download -qq rustc-web:amd64 "libstd-rust-web-$release:amd64" libstd-rust-web-dev:amd64 libstd-rust-web-dev:arm64
            llvm=$(dpkg-deb --field "$(echo "libstd-rust-web-$release"_*_amd64.deb)" Depends | grep -o 'libllvm[0-9]*')
            apt-get download -qq "$llvm:amd64"
            for package in *.deb; do dpkg-deb --extract "$package" "$cross/debian"; done
            rm -f ./*.deb
        )
    fi
fi

{
    echo "export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc"
    echo "export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc"
    echo "export ECRSNAP_RUNNER=$(command -v qemu-aarch64-static)"
    if [ -n "$compiler" ]; then
        echo "export RUSTC=$compiler"
        # Apart from the builds of the other compiler, which would be made again after each change between the two.
        echo "export CARGO_TARGET_DIR=$cross/build"
        echo "export LD_LIBRARY_PATH=$cross/debian/usr/lib/x86_64-linux-gnu:$cross/debian/usr/lib"
    fi
} > "$cross/$target.env"
echo "$cross/$target.env"
