"""Locks between processes, and who still lives: both survive kill -9."""

import contextlib
import fcntl
import json
import os
import socket
import time

from tfkd.errors import InputError

POLL_SECONDS = 0.1


@contextlib.contextmanager
def hold(path, *, shared=False, waiting=None):
    """Holds a lock on a file; the kernel frees it on any death.

    Args:
        path: The lock file; created, and never removed, since removing it
            would let two processes lock two files of one name.
        shared: Whether others may hold it at the same time, shared as well.
        waiting: Called over and over while another holds the lock, with the
            holder's lease, a dict; what it raises ends the wait. Without it
            nothing is waited for.

    Raises:
        BlockingIOError: If another holds it and there is no `waiting`; its
            argument is the holder's lease.
        InputError: If the directory cannot be written to, or has no locks.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with _opened(path) as file:
        while True:
            try:
                _lock(file, kind)
                break
            except BlockingIOError:
                file.seek(0)
                holder = _parsed(file.read())
                if waiting is None:
                    raise BlockingIOError(holder) from None
            waiting(holder)
            time.sleep(POLL_SECONDS)
        if not shared:
            file.truncate(0)
            file.write(json.dumps(lease()))
            file.flush()
        yield


def _opened(path):
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return open(path, "a+", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The lock {path} must be a writable file ({error.strerror}). "
            "Check the permissions of its directory, and its disk."
        ) from error


def _lock(file, kind):
    """Locks a file, or raises `BlockingIOError` where another has done so."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        raise InputError(
            f"The file system of {file.name} must have locks (flock), and has "
            f"none ({error.strerror}). Without them two runs could overwrite "
            "each other: give a pipeline_root on another one."
        ) from error


def is_held(path):
    """Says whether a process holds a lock alone; of any container here.

    Args:
        path: The lock file; need not exist.
    """
    try:
        with open(path, "rb") as file:
            _lock(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def share_root(root):
    """Holds the lock of a `pipeline_root` as one of several runs.

    What two runs do both is kept apart by locks of its own; this one keeps
    `hold_root` out.
    """
    path = os.path.join(root, ".system", "lock")
    return hold(path, shared=True, waiting=lambda holder: None)


@contextlib.contextmanager
def hold_root(root):
    """Holds the lock of a whole `pipeline_root`, without any run.

    Raises:
        InputError: If a run is using it.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(hold(os.path.join(root, ".system", "lock")))
        except BlockingIOError:
            raise InputError(
                f"The pipeline_root {root} must be used by no run now, but "
                "one is running. Wait for it to end."
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

    A process on another host cannot be asked and counts as alive. One in
    another container with this host's name cannot be seen, and counts as
    dead: where it would hold a lock, ask `is_held` too.
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
