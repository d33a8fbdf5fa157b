"""Proves that a carried model is the model it was made from."""

import numpy as np

TOLERANCE = 1e-5


def check_equal(expected, received, what, tolerance=TOLERANCE):
    """Compares two models' outputs.

    Args:
        expected: Outputs of the original, any shape.
        received: Outputs of the other for the same inputs.
        what: How the message names the step.
        tolerance: Largest error, relative to the largest output (at least
            1, so that it is absolute for small ones).

    Returns:
        The largest error on that scale.

    Raises:
        RuntimeError: If they differ by more.
    """
    expected, received = np.asarray(expected), np.asarray(received)
    if expected.shape != received.shape:
        raise RuntimeError(
            f"{what} changed the output's shape from {expected.shape} to "
            f"{received.shape}. This is a fault of the bridge, not of your "
            "model: use the recipe 'int8_ptq' and report it."
        )
    scale = max(1.0, float(np.abs(expected).max()))
    error = float(np.abs(expected - received).max()) / scale
    # `not <=`: NaN must fail as well.
    if not error <= tolerance:
        raise RuntimeError(
            f"{what} must leave the outputs equal to {tolerance:g}, they "
            f"differ by {error:.3g}. This is a fault of the bridge, not of "
            "your model: use the recipe 'int8_ptq' and report it."
        )
    return error
