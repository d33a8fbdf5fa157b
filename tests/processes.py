"""What tests ask of processes that they have started."""

import psutil


def runs(pid):
    """Says whether a process is there, and is not only waiting to be reaped."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
