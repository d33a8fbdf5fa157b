"""Refuses sockets to other machines, in every Python process that sees it.

Put this folder on PYTHONPATH and a file's name into `VARIABLE`: child
processes inherit both, and the file gets a line for every attempt.
"""

import ipaddress
import os
import socket
import sys

VARIABLE = "TFKD_NETWORK_LOG"
_LOOKUPS = tuple(
    f"socket.{name}"
    for name in ("getaddrinfo", "gethostbyname", "gethostbyaddr")
)
_ADDRESSED = tuple(
    f"socket.{name}" for name in ("bind", "connect", "sendto", "sendmsg")
)


def refuse(event, args):
    """An audit hook; see `sys.addaudithook`."""
    if event in _LOOKUPS:
        # Without a name, it is this machine's own addresses.
        hosts = [args[0] or "localhost"]
    elif event in _ADDRESSED:
        hosts = _hosts(*args[:2])
    else:
        return
    log = os.environ.get(VARIABLE)
    if log is None or all(map(_is_local, hosts)):
        return
    line = f"{event} {hosts} by {' '.join(sys.argv)}\n"
    with open(log, "a", encoding="utf-8") as file:
        file.write(line)
    raise PermissionError(f"No network in this test: {line}")


def _hosts(opened, address):
    """Returns the hosts of a socket's address; none for Unix sockets."""
    inet = opened.family in (socket.AF_INET, socket.AF_INET6)
    return [address[0]] if inet and address is not None else []


def _is_local(host):
    if host in ("localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(os.fsdecode(host)).is_loopback
    except ValueError:
        return False


sys.addaudithook(refuse)
