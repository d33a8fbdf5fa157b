"""What methods share whose networks make maps several times."""

import re

from tfkd import taps


def map_taps(model):
    """Returns the taps of all maps that a network makes, the last one last.

    Args:
        model: Network with inner maps named `maps1`, `maps2`, ..., and
            `logits` at its end, such as `tfkd.tasks.pose.model()`; or with
            none of the former.
    """
    names = taps.names(getattr(model, "model", model))
    inner = [name for name in names if re.fullmatch(r"(.*/)?maps\d+", name)]
    return (*inner, "logits")


def paired_maps(teacher, student):
    """Pairs the maps of two networks, the last with the last.

    Returns:
        `((teacher_tap, student_tap), ...)`, as many as the one with fewer
        has.
    """
    pairs = zip(reversed(map_taps(teacher)), reversed(map_taps(student)))
    return tuple(reversed(list(pairs)))
