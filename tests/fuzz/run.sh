#!/usr/bin/env bash
# Fuzzes each body for so many seconds (60), or only those that are named:
#     tests/fuzz/run.sh [SECONDS [BODY…]]
# Needs `cargo install cargo-fuzz --locked` and a nightly toolchain. What breaks a body is left in
# tests/fuzz/artifacts; its bytes belong into the corpus of tests/fuzz_corpus.rs, which `cargo test` throws for ever.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
bodies=("${@:2}")
((${#bodies[@]})) || mapfile -t bodies < <(cargo +nightly fuzz list --fuzz-dir .)

# The versions that the switch itself is built with.
cp ../../Cargo.lock Cargo.lock
mkdir -p corpus/seeds
(cd ../.. && TANDEM_SEEDS=$PWD/tests/fuzz/corpus/seeds cargo test --locked --quiet --test fuzz_corpus written_down)
for body in "${bodies[@]}"; do
    mkdir -p "corpus/$body"
    cargo +nightly fuzz run --fuzz-dir . "$body" "corpus/$body" corpus/seeds -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 -print_final_stats=1
done
