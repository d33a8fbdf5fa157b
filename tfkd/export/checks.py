"""Whether a file is what was asked for: its tensor types, and that it runs."""

import numpy as np

from tfkd.errors import InputError
from tfkd.export import modes
from tfkd.export import unsupported
from tfkd.export.inspect import inspect
from tfkd.export.litert import LiteRTModel


def check_file(path, mode, images=None, *, allow_float=False):
    """Refuses a file that is not what its mode promises, or does not run.

    Args:
        path: The `.tflite` file.
        mode: Name of its conversion mode.
        images: A few raw images `(count, height, width, channels)`; noise
            from 0 to 255 by default.
        allow_float: Whether an integer mode may leave operations in float.

    Raises:
        InputError: If a tensor has another type than the mode allows, if the
            runtime cannot load, allocate or run the file, or if an output is
            not finite.
    """
    mode = modes.get(mode)
    contents = inspect(path)
    if mode.integer and not contents.fully_integer and not allow_float:
        raise unsupported.integer_error(mode.name, contents)
    if not contents.constants.get(mode.weights):
        raise InputError(
            f"A file of mode {mode.name} must hold {mode.weights} weights, "
            f"found constants of {', '.join(sorted(contents.constants))}: no "
            "layer is large enough, or none was quantized. Use 'float16', or "
            "'int8'."
        )
    try:
        model = LiteRTModel(path)
        if images is None:
            generator = np.random.default_rng(0)
            images = generator.uniform(0, 255, (2, *model.input.shape[1:]))
        model.predict(images)
    except RuntimeError as error:
        raise InputError(
            f"The file of mode {mode.name} was made, but it does not run: "
            f"{error} Another mode may: float32, float16, int8."
        ) from error
