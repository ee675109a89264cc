#!/usr/bin/env bash
# Runs the real binary against real clients on loopback addresses. Needs sipp, baresip, openssl and Python 3.11 or
# 3.12 (for the wheels of pjsua2), and root to fill a disk; arguments go to pytest. $TANDEM names another binary than
# the debug build.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
venv=$target/process-venv

command -v sipp >/dev/null || { echo "sipp is missing: apt-get install sip-tester" >&2; exit 1; }
command -v baresip >/dev/null || { echo "baresip is missing: apt-get install baresip-core" >&2; exit 1; }
if [[ -z ${TANDEM:-} ]]; then
    (cd "$here/../.." && cargo build --locked --bin tandem)
    TANDEM=$target/debug/tandem
fi
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi
TANDEM=$(realpath "$TANDEM")
export TANDEM PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec "$venv/bin/python" -m pytest "$@"
