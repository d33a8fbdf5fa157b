#!/usr/bin/env bash
# Builds a Debian 13 root with TFX 1.21 and what tfkd needs: make_root.sh ROOT
#
# ml-metadata's and TFDV's wheels need glibc 2.39; where the host has it
# (Ubuntu 24.04), `pip install -r requirements.txt` does instead. Needs the
# super-user, debootstrap, a Debian mirror and a package registry; takes 1 to
# 5 minutes and 4 GB. MIRROR=URL chooses another mirror.
set -euo pipefail

root="${1:?usage: make_root.sh ROOT}"
here="$(cd "$(dirname "$0")" && pwd)"
mirror="${MIRROR:-http://deb.debian.org/debian}"

if [ ! -e "$root/etc/debian_version" ]; then
    debootstrap --variant=minbase \
        --include=ca-certificates,python3,python3-venv,python3-dev,g++ \
        trixie "$root" "$mirror"
fi

# The network as on the host.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
mkdir -p "$root/opt/interop"
cp "$here/requirements.txt" "$root/opt/interop/"

"$here/enter.sh" "$root" sh -c '
    set -e
    [ -e /opt/tfx/bin/python ] || python3 -m venv /opt/tfx
    /opt/tfx/bin/python -m pip install --quiet uv
    /opt/tfx/bin/uv pip install --python /opt/tfx/bin/python \
        -r /opt/interop/requirements.txt'
