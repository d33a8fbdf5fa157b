"""Tensors where float32 comes to its ends."""

import numpy as np

RANDOM = np.random.default_rng(0)
SHAPE = (4, 6)
MAPS = (4, 4, 4, 6)


def extremes(shape):
    """Name to a teacher's and a student's float32 tensor."""
    teacher, student = RANDOM.normal(size=(2, *shape)).astype("float32")
    zeros = np.zeros(shape, "float32")
    return {
        "large": (teacher * 1e4, student * 1e4),
        "small": (teacher * 1e-8, student * 1e-8),
        "large_and_small": (teacher * 1e4, student * 1e-8),
        "equal": (teacher, teacher),
        "equal_and_large": (teacher * 1e4, teacher * 1e4),
        "equal_examples": (teacher[:1] + zeros, student[:1] + zeros),
        "zeros": (zeros, zeros),
        "one_example": (teacher[:1], student[:1]),
    }


VECTORS = extremes(SHAPE)
SETS = extremes((3, 5, 4))
FEATURE_MAPS = extremes(MAPS)
