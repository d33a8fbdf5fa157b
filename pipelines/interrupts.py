"""Ends a component from outside: its thread, and its child processes."""

import contextlib
import ctypes
import signal
import threading

import psutil

GRACE_SECONDS = 10.0


class TimedOut(TimeoutError):
    """A component took longer than it may."""


class Terminated(SystemExit):
    """SIGTERM arrived; raised in the main thread, exits with 143."""


@contextlib.contextmanager
def sigterm_raises():
    """Turns SIGTERM into `Terminated`, where signals can be handled.

    The first process of a container would not even end of it otherwise.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number, frame):
        raise Terminated(128 + number)

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def limit(seconds, give_up):
    """Raises `TimedOut` in this thread when the time is over.

    Only Python code can be interrupted. A library's call that hangs may be
    waiting for a child process: after `GRACE_SECONDS` all of them are
    killed. What hangs even then cannot be ended within this process.

    Args:
        seconds: How long the body may take; None: as long as it likes.
        give_up: Called, from another thread, if nothing has helped.
    """
    if seconds is None:
        yield
        return
    thread, done = threading.get_ident(), threading.Event()

    def watch():
        if done.wait(seconds):
            return
        raise_in(thread, TimedOut)
        if done.wait(GRACE_SECONDS):
            return
        kill_children()
        if not done.wait(GRACE_SECONDS):
            give_up()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def raise_in(thread, kind):
    """Raises an exception in another thread, at its next line of Python.

    Args:
        thread: The thread's identifier.
        kind: Class of the exception.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(kind)
    )


def kill_children():
    """Kills all processes that this one has started, and theirs."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
