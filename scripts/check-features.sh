#!/usr/bin/env bash
# Build the library with each feature alone, with none, and the examples as a library user builds them.
# Warnings are errors: an item that only another feature uses must be behind it.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTFLAGS="${RUSTFLAGS:-} -D warnings"
for features in "" cli serve report cli,serve cli,report; do
    echo "features: ${features:-none}"
    cargo check --quiet --locked --no-default-features --features "$features"
done
echo "examples, without features"
cargo check --quiet --locked --no-default-features --examples
