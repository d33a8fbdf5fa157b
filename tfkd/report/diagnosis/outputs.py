"""What models answer to examples, as logits."""

import numpy as np

from tfkd.errors import InputError

BATCH = 256


def unwrapped(model):
    """Returns the `keras.Model` that a teacher holds as `model`, if it does.

    A model that holds another one is itself what answers.
    """
    import keras

    if isinstance(model, keras.Model):
        return model
    return getattr(model, "model", model)


def logits_of(model, x, role):
    """Returns float32 logits `(n, classes)`, not checked to be finite.

    A model with a known graph is read before its softmax. Of another one,
    answers that are probabilities are taken to their logarithm.

    Args:
        model: A built `keras.Model`, or a teacher that holds one as `model`.
        x: Array `(n, ...)`.
        role: How messages name the model.

    Raises:
        InputError: If it is no such model, does not take these examples, or
            gives something else than class scores.
    """
    import keras

    model = unwrapped(model)
    if not isinstance(model, keras.Model):
        raise InputError(
            f"The {role} must be a keras.Model, received "
            f"{type(model).__name__}. Load a file with "
            "keras.saving.load_model(path)."
        )
    _check_shape(model, x, role)
    read = _reader(model)
    parts = []
    for start in range(0, len(x), BATCH):
        try:
            scores = read(keras.ops.convert_to_tensor(x[start : start + BATCH]))
        # What Keras and its backends raise for inputs that do not fit.
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            raise InputError(
                f"The {role} must take examples of shape {x.shape[1:]}, "
                f"calling it failed: {reason}"
            ) from error
        if len(np.shape(scores)) != 2:
            raise InputError(
                f"The {role} must give class scores (examples, classes), it "
                f"gives {_described(scores)}. Diagnose a classifier, or its "
                "classifying part."
            )
        parts.append(keras.ops.convert_to_numpy(scores).astype(np.float32))
    return _as_logits(np.concatenate(parts))


def _check_shape(model, x, role):
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or not shape:
        return
    if all(isinstance(part, int | None) for part in shape) and (
        len(shape) != x.ndim
        or any(
            wanted not in (None, found)
            for wanted, found in zip(shape[1:], x.shape[1:])
        )
    ):
        raise InputError(
            f"The {role} takes examples of shape {shape[1:]}, received "
            f"{x.shape[1:]}. Give both models the examples that they were "
            "made for; views that differ must be diagnosed on one of them."
        )


def _reader(model):
    from tfkd.taps import Extractor

    try:
        extractor = Extractor(model, ["logits"])
    except InputError:
        return lambda x: model(x, training=False)
    return lambda x: extractor(x, training=False)["logits"]


def _described(scores):
    shape = getattr(scores, "shape", None)
    return type(scores).__name__ if shape is None else f"shape {tuple(shape)}"


def _as_logits(scores):
    # One example of NaN must not change what the others' answers are.
    known = np.isfinite(scores).all(axis=1)
    finite = scores[known]
    sums = finite.sum(axis=1)
    if not len(finite) or (finite < 0).any():
        return scores
    if not np.allclose(sums, 1, atol=1e-3):
        return scores
    logits = np.full_like(scores, np.nan)
    logits[known] = np.log(np.maximum(finite, 1e-30))
    return logits
