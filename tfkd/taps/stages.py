"""Default taps: the stages of a model, and how two models' stages pair."""

import itertools
import re

from tfkd.errors import InputError
from tfkd.taps import graph
from tfkd.taps.extractor import Extractor


def stages(model):
    """Returns the taps `stage1`, `stage2`, ... of a model, in order.

    Raises:
        InputError: If it has none.
    """
    model = _model(model)
    if hasattr(model, "tap_shapes"):
        found = list(model.tap_shapes)
    else:
        found = graph.names(model)
    result = [n for n in found if re.fullmatch(r"(.*/)?stage\d+", n)]
    if not result:
        raise InputError(
            f"The model {model.name!r} has no layers named stage1, stage2, "
            "..., so the taps must be named. See what there is with "
            "tfkd.taps.summary(model)."
        )
    return result


def middle_stage(model):
    """Returns the tap in the middle: `stage2` of 3, `stage1` of 2."""
    found = stages(model)
    return found[(len(found) - 1) // 2]


def stage_pairs(teacher, student):
    """Pairs the stages of two models, the last with the last.

    Returns:
        `((teacher_tap, student_tap), ...)`, as many as the shorter has.
    """
    pairs = zip(reversed(stages(teacher)), reversed(stages(student)))
    return tuple(reversed(list(pairs)))


def group_ends(teacher, student):
    """Pairs every stage of a student with the last of a group of stages.

    The teacher's stages are split, in order, into as many groups of nearly
    equal size as the student has stages. Where it has fewer, several of the
    student's stages share one.

    Returns:
        `((teacher_tap, student_tap), ...)`, one a stage of the student.
    """
    large, small = stages(teacher), stages(student)
    ends = (-(-len(large) * i // len(small)) for i in range(1, len(small) + 1))
    return tuple((large[end - 1], tap) for end, tap in zip(ends, small))


def output_names(model):
    """Returns the taps of a model's logits: one, or one a task.

    Raises:
        InputError: If an output of several ends in a softmax, before which
            no tap of its name is.
    """
    found = graph.TapGraph(_model(model))
    if not isinstance(found.outputs, dict):
        return ("logits",)
    ends = [n for n in found.outputs if found.ends_in_softmax(n)]
    if ends:
        raise InputError(
            f"Tasks are distilled by their logits, and the outputs {ends} of "
            f"the model {_model(model).name!r} end in a softmax. Build it to "
            "return what is before, such as keras.Model(model.inputs, {...})."
        )
    return tuple(found.outputs)


def all_pairs(teacher, student):
    """Pairs every stage of one model with every stage of another.

    Returns:
        `((teacher_tap, student_tap), ...)`.
    """
    return tuple(itertools.product(stages(teacher), stages(student)))


def shape(model, tap):
    """Returns the shape `(batch, ...)` of one tap."""
    return tuple(Extractor(_model(model), [tap]).specs[tap].shape)


def common_size(teacher, teacher_tap, student, student_tap):
    """Returns the smaller `(height, width)` of two maps, `None` if equal.

    Raises:
        InputError: If a tap is no map `(batch, height, width, channels)`.
    """
    shapes = [shape(teacher, teacher_tap), shape(student, student_tap)]
    for tap, found in zip((teacher_tap, student_tap), shapes):
        if len(found) != 4:
            raise InputError(
                f"The tap {tap!r} must be a map (batch, height, width, "
                f"channels), received shape {found}. Choose a convolutional "
                "tap: see tfkd.taps.summary(model)."
            )
    sizes = [found[1:3] for found in shapes]
    if sizes[0] == sizes[1]:
        return None
    return tuple(min(pair) for pair in zip(*sizes))


def _model(model):
    """A teacher's model, or the model itself."""
    return getattr(model, "model", model)
