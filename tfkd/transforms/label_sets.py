"""Logits of teachers that know different classes: what must hold."""

from tfkd.errors import InputError


def check_widths(label_sets, input_shape):
    """Raises where teachers' logits do not fit their label sets.

    Args:
        label_sets: Of each teacher, the class of each of its logits.
        input_shape: Shapes of the logits, or one of a single teacher.

    Raises:
        InputError: If numbers of classes differ.
    """
    shapes = [tuple(shape) for shape in _listed(input_shape)]
    if [shape[-1] for shape in shapes] != [len(one) for one in label_sets]:
        raise InputError(
            "Every teacher must score the classes of its label set, received "
            f"label sets {label_sets} and logits of shapes {shapes}. Name "
            "the classes in the order of the logits."
        )


def _listed(shape):
    alone = isinstance(shape[0], (int, type(None)))
    return [shape] if alone else list(shape)
