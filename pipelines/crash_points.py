"""Kills the process at a named point, so that tests can prove recovery."""

import os
import signal

VARIABLE = "TFKD_CRASH_AT"
POINTS = ("driver", "executor", "before_rename", "before_commit", "in_commit")


def crash_at(point, node_id):
    """Sends SIGKILL to this process if `TFKD_CRASH_AT` names this point.

    Args:
        point: One of `POINTS`; the variable holds `point` or `point:node`.
        node_id: The component that reached the point.
    """
    if os.environ.get(VARIABLE) in (point, f"{point}:{node_id}"):
        os.kill(os.getpid(), signal.SIGKILL)
