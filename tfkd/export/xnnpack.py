"""Which operations XNNPACK takes on this machine's CPU."""

import dataclasses

from tfkd.errors import InputError
from tfkd.export import litert


@dataclasses.dataclass(frozen=True)
class Taken:
    """What XNNPACK takes of a file's first graph.

    Attributes:
        indices: Positions of the operations that it takes.
        unchecked: Why this could not be found out; empty if it was.
    """

    indices: frozenset = frozenset()
    unchecked: str = ""


def taken(path):
    """Loads a file and finds the operations that XNNPACK takes.

    It runs float and int8 operations several times faster than TFLite's own
    kernels, and it is what a phone's CPU uses by default; which operations it
    takes depends on the runtime's version.

    Args:
        path: The `.tflite` file.

    Returns:
        A `Taken`.
    """
    try:
        # Nothing public tells the nodes that a delegate has replaced.
        nodes = litert.load(path)._get_ops_details()
    except (AttributeError, InputError, RuntimeError) as error:
        return Taken(unchecked=" ".join(str(error).split()))
    delegates = [node for node in nodes if node["op_name"] == "DELEGATE"]
    plain = [node for node in nodes if node["op_name"] != "DELEGATE"]
    writers = {tensor: node for node in plain for tensor in node["outputs"]}
    return Taken(
        frozenset(
            index
            for delegate in delegates
            for index in _replaced(delegate, writers)
        )
    )


def _replaced(delegate, writers):
    """Walks from what a delegate writes back to what it reads."""
    known, found = set(delegate["inputs"]), set()
    waiting = list(delegate["outputs"])
    while waiting:
        tensor = waiting.pop()
        if tensor in known or tensor not in writers:
            continue
        known.add(tensor)
        found.add(writers[tensor]["index"])
        waiting += list(writers[tensor]["inputs"])
    return found
