#!/usr/bin/env bash
# Runs tfkd under real TFX in the root of make_root.sh: run_tfx.sh ROOT
#
# Not part of CI. Prints what was checked; takes about 5 minutes on 2 cores.
set -euo pipefail

root="${1:?usage: run_tfx.sh ROOT}"
here="$(cd "$(dirname "$0")" && pwd)"
export WORK="${WORK:-$(mktemp -d)}"

mkdir -p "$WORK/source"
(cd "$here/../.." && cp -r --update setup.py pyproject.toml README.md \
    tfkd components pipelines configs "$WORK/source/")
# Debian 13's Python is newer than what tfkd's own CI tests.
"$here/enter.sh" "$root" /opt/tfx/bin/python -m pip install --quiet \
    --no-deps --no-build-isolation --ignore-requires-python --upgrade \
    --target /tmp/site /tmp/source

for step in ours tfx again resolver mix import kubeflow read; do
    "$here/enter.sh" "$root" env PYTHONPATH=/tmp/site:/tfkd/tests/interop \
        /opt/tfx/bin/python /tfkd/tests/interop/tfx_steps.py "$step" /tmp/run
done
