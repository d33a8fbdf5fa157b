"""Locks between processes, and who still lives: both survive kill -9."""

import contextlib
import fcntl
import json
import os
import socket

from tfkd.errors import InputError


@contextlib.contextmanager
def hold(path, wait=True):
    """Holds an exclusive lock on a file; the kernel frees it on any death.

    Args:
        path: The lock file; created, and never removed, since removing it
            would let two processes lock two files of one name.
        wait: Whether to wait for another holder.

    Raises:
        BlockingIOError: If another holds it and `wait` is false; its
            argument is the holder's lease, a dict.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.seek(0)
            raise BlockingIOError(_parsed(file.read())) from None
        file.truncate(0)
        file.write(json.dumps(lease()))
        file.flush()
        yield


@contextlib.contextmanager
def hold_root(root):
    """Holds the lock of a whole `pipeline_root`.

    Raises:
        InputError: If another run holds it.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(
                hold(os.path.join(root, ".system", "lock"), wait=False)
            )
        except BlockingIOError as error:
            holder = error.args[0]
            raise InputError(
                f"The pipeline_root {root} must be used by one run at a "
                f"time, but process {holder.get('pid', '?')} on "
                f"{holder.get('host', '?')} is using it. Wait for that run "
                "to end, or give another --pipeline_root."
            ) from None
        yield


def lease():
    """Returns what identifies this process, on this host, in this boot."""
    pid = os.getpid()
    return {
        "pid": pid,
        "host": socket.gethostname(),
        "boot_id": _read("/proc/sys/kernel/random/boot_id").strip(),
        "started": _process_start(pid),
    }


def is_alive(holder):
    """Says whether the process of a lease may still be running.

    A process on another host cannot be asked and counts as alive.
    """
    mine = lease()
    if not holder.get("pid"):
        return False
    if holder.get("host") != mine["host"]:
        return True
    if holder.get("boot_id") != mine["boot_id"]:
        return False
    # The start time guards against a process id that was given anew.
    return _process_start(holder["pid"]) == holder.get("started") is not None


def _process_start(pid):
    """Returns clock ticks from boot to the process's start, None if dead."""
    # "pid (name with any characters) state ppid ...": field 22 is the start.
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if not fields or fields[0] in "ZX":
        return None
    return int(fields[19])


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _parsed(text):
    try:
        return dict(json.loads(text))
    except ValueError:
        return {}
