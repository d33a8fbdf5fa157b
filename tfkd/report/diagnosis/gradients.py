"""Whether task and teacher pull the student's weights the same way."""

import dataclasses

import numpy as np

from tfkd.errors import InputError

BATCHES = 8
BATCH = 32


@dataclasses.dataclass(frozen=True)
class Gradients:
    """Gradients of the task loss g_y and of soft targets g_t, by batch.

    Attributes:
        fresh: Cosines of g_y and g_t on new initial weights.
        given: Likewise on the student's own weights.
        ratio: Median of |g_t| / |g_y| on new initial weights.
    """

    fresh: tuple
    given: tuple
    ratio: float


def compare(teacher, student, examples, temperature):
    """Measures `Gradients` on copies; neither model is changed.

    The copies run as in training. Where a student has converged, the sum of
    its losses has no gradient and the two parts are opposed by definition:
    the new initial weights are those that tell.

    Args:
        teacher: A functional or built Sequential model.
        student: Likewise.
        examples: Labelled `Examples`.
        temperature: T of the soft targets.

    Raises:
        InputError: If the student cannot be copied, Keras runs on another
            backend than TensorFlow, or no gradient is finite.
    """
    import keras

    from tfkd.errors import require_tensorflow

    require_tensorflow("The cosine of gradients")
    if not student.trainable_weights:
        raise InputError("the student has no trainable weights")
    measured = {}
    for kind in ("fresh", "given"):
        try:
            copy = keras.models.clone_model(
                student, clone_function=_Reseeded(), recursive=True
            )
        # A custom layer's own config may raise anything.
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            raise InputError(
                f"the student cannot be copied: {reason}"
            ) from error
        if kind == "given":
            copy.set_weights(student.get_weights())
        measured[kind] = _measure(teacher, copy, examples, temperature)
    fresh, given = measured["fresh"], measured["given"]
    if not fresh:
        raise InputError(
            "no batch gives two finite gradients that differ from 0"
        )
    return Gradients(
        tuple(cosine for cosine, _ in fresh),
        tuple(cosine for cosine, _ in given),
        float(np.median([ratio for _, ratio in fresh])),
    )


class _Reseeded:
    """Copies a layer; random numbers without a seed get the next number.

    So a diagnosis repeats, and the process's own generators stay untouched.
    What a layer was adapted to, such as the mean of the pixels, is no weight
    that training begins anew: the copy keeps it.
    """

    def __init__(self):
        self._next = 0

    def __call__(self, layer):
        copy = type(layer).from_config(self._seeded(layer.get_config()))
        if hasattr(layer, "finalize_state") and layer.weights:
            copy.build_from_config(layer.get_build_config())
            copy.set_weights(layer.get_weights())
            copy.finalize_state()
        return copy

    def _seeded(self, config):
        if isinstance(config, dict):
            if "seed" in config and config["seed"] is None:
                self._next += 1
                config = {**config, "seed": self._next}
            return {key: self._seeded(value) for key, value in config.items()}
        return config


def _measure(teacher, student, examples, temperature):
    """Returns cosine and ratio of each batch where both are finite."""
    from tfkd.losses import SoftTargets
    from tfkd.losses import TaskLoss
    from tfkd.taps import Extractor

    read_teacher = Extractor(teacher, ["logits"])
    read_student = Extractor(student, ["logits"])
    losses = (
        TaskLoss(student_tap="logits"),
        SoftTargets(temperature=temperature),
    )
    for loss in losses:
        loss.setup(read_teacher.specs, read_student.specs)
    found = []
    order = np.random.default_rng(0).permutation(len(examples.y))
    for rows in _batches(order):
        part = examples.take(rows)
        task, soft = _gradients(
            read_teacher, read_student, losses, part, student
        )
        norms = np.linalg.norm(task), np.linalg.norm(soft)
        if np.isfinite(norms).all() and min(norms) > 0:
            cosine = float(task @ soft / (norms[0] * norms[1]))
            found.append((cosine, float(norms[1] / norms[0])))
    return found


def _batches(order):
    full = max(1, min(BATCHES, len(order) // BATCH))
    return np.array_split(order[: full * BATCH], full)


def _gradients(read_teacher, read_student, losses, part, student):
    """Returns the flat gradient of each loss's mean over a batch."""
    import tensorflow as tf

    x = tf.convert_to_tensor(part.x)
    answers = read_teacher(x, training=False)
    with tf.GradientTape(persistent=True) as tape:
        taps = read_student(x, training=True)
        means = [
            tf.reduce_mean(loss(answers, taps, labels=part.y))
            for loss in losses
        ]
    return [
        np.concatenate(
            [
                np.ravel(tf.convert_to_tensor(gradient)).astype(np.float64)
                for gradient in tape.gradient(
                    mean,
                    student.trainable_weights,
                    unconnected_gradients=tf.UnconnectedGradients.ZERO,
                )
            ]
        )
        for mean in means
    ]
