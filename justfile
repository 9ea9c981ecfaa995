# Common tasks. `just --list` shows them; each recipe also works when typed by hand.

# What a change must pass before it is committed
gate:
    cargo fmt --all --check
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
    cargo test

# Tests whose names contain FILTER
test FILTER="":
    cargo test {{FILTER}}

# Write golden files and document outputs again, and show what changed
bless FILTER="cli::":
    ECRSNAP_BLESS=1 cargo test --test integration {{FILTER}}
    git diff tests/cli/golden docs README.md

# Compare with both real AWS CLIs and two SDKs
conformance:
    scripts/install-clients.sh
    .venv/bin/python tests/conformance/compare.py

# Licences, bans, advisories and unused dependencies
dependencies:
    cargo deny check licenses bans sources
    cargo machete

# The release archive
package:
    scripts/package.sh

# A short benchmark against the peers that are installed
bench:
    cargo build --release
    .venv/bin/python benches/compare.py --smoke
