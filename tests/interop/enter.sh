#!/usr/bin/env bash
# Runs a command in a root: enter.sh ROOT COMMAND...
#
# The checkout is at /tfkd, read-only; /tmp is the host's $WORK if that is set.
# All mounts are in a namespace of their own and end with the command.
set -euo pipefail

root="${1:?usage: enter.sh ROOT COMMAND...}"
shift
export ROOT="$root" SOURCE="$(cd "$(dirname "$0")/../.." && pwd)"
mkdir -p "$root/tfkd"
exec unshare --mount --pid --fork bash -c '
    set -e
    mount -t proc proc "$ROOT/proc"
    mount --rbind /dev "$ROOT/dev"
    mount --bind "$SOURCE" "$ROOT/tfkd"
    mount -o remount,bind,ro "$ROOT/tfkd"
    [ -z "${WORK:-}" ] || mount --bind "$WORK" "$ROOT/tmp"
    exec chroot "$ROOT" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
        PATH=/opt/tfx/bin:/usr/local/bin:/usr/bin:/bin \
        SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
        TF_CPP_MIN_LOG_LEVEL=3 "$@"' enter "$@"
