"""What the child processes that convert and measure have in common."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent():
    """Has this process killed when its parent dies, even by SIGKILL.

    Called first in a child: one that is left alone would go on writing where
    the next run clears up. Linux alone offers it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def environment(scratch):
    """Returns the environment variables of a child that converts.

    Args:
        scratch: Directory for its temporary files.
    """
    env = dict(os.environ)
    # The converter gains nothing from a GPU, and legacy Keras (which
    # importing tfmot asks for) cannot read `.keras` files of Keras 3.
    env.pop("TF_USE_LEGACY_KERAS", None)
    env.update(
        CUDA_VISIBLE_DEVICES="-1",
        KERAS_BACKEND="tensorflow",
        PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
        TF_CPP_MIN_LOG_LEVEL="3",
        TMPDIR=str(scratch),
    )
    return env


def ending(code):
    """Says how a process ended.

    Args:
        code: Its exit code, `None` if it ran out of time.
    """
    if code is None:
        return "ran out of time"
    if code == -signal.SIGKILL:
        return "was killed by SIGKILL, as happens where memory runs out,"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"
