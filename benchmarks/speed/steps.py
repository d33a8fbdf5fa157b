"""Training steps that are compared: models, losses, and how one is timed."""

import dataclasses
import functools
from collections.abc import Callable

import keras
import numpy as np

import tfkd
from benchmarks.speed import harness
from tfkd import distances
from tfkd import losses
from tfkd import models
from tfkd import taps as taps_lib
from tfkd import teachers

TEMPERATURE = 4.0
TASK_WEIGHT = 0.5
LEARNING_RATE = 1e-5
CLASSES = 10
LABELS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
# Names of layers that are taps in teacher and student, of equal shapes, as
# Keras' feature distillation needs them.
TAPS = {
    "logits": (),
    "logits + 1 tap": ("stage2",),
    "logits + 3 taps": ("stage1", "stage2", "stage3"),
}


@dataclasses.dataclass(frozen=True)
class Pair:
    """What builds a student and its teacher, of a shape and of classes."""

    shape: tuple
    student: Callable
    teacher: Callable


def zoo(name, *, filters=(16, 32, 64), **arguments):
    """Returns what builds a model of the zoo."""
    return functools.partial(models.build, name, filters=filters, **arguments)


PAIRS = {
    "cnn 28x28": Pair((28, 28, 1), zoo("cnn"), zoo("resnet")),
    "resnet20 32x32": Pair(
        (32, 32, 3),
        zoo("resnet", blocks_per_stage=3),
        zoo("resnet", blocks_per_stage=9),
    ),
}


def student(pair, seed=0):
    """Returns a new student."""
    return _build(pair.student, pair.shape, seed)


def teacher(pair, seed=1):
    """Returns a new teacher, not trained: time does not depend on weights."""
    return _build(pair.teacher, pair.shape, seed)


def _build(model, shape, seed):
    keras.utils.set_random_seed(seed)
    return model(input_shape=shape, num_classes=CLASSES)


def batch(shape, size, seed=0):
    """Returns random images and labels."""
    random = np.random.default_rng(seed)
    images = random.uniform(0, 1, (size, *shape)).astype("float32")
    return images, random.integers(0, CLASSES, size).astype("int32")


def plain(pair, taps, images):
    """The student alone; returns a compiled model and a batch's `x`."""
    return compiled(student(pair)), images


def live(pair, taps, images):
    """A teacher that runs beside the student."""
    return _ours(pair, taps, teacher(pair)), images


def cached(pair, taps, images):
    """The teacher's answers, stored and given with the batch."""
    names = ("logits", *taps)
    answers = taps_lib.Extractor(teacher(pair), names)(images)
    return with_answers(pair, taps, images, answers)


def unseen(pair, taps, images):
    """As `cached`, with random answers: no teacher is in this process."""
    specs = taps_lib.Extractor(student(pair), ("logits", *taps)).specs
    random = np.random.default_rng(0)
    answers = {
        name: random.normal(size=(len(images), *spec.shape[1:]))
        for name, spec in specs.items()
    }
    answers = {
        name: keras.ops.convert_to_tensor(answer, "float32")
        for name, answer in answers.items()
    }
    return with_answers(pair, taps, images, answers)


def with_answers(pair, taps, images, answers):
    """A student of a teacher that is given by its answers to one batch."""
    shapes = {name: tensor.shape[1:] for name, tensor in answers.items()}
    model = _ours(pair, taps, teachers.CachedTeacher(shapes))
    return model, {"student": images, "cached": answers}


def upstream(pair, taps, images):
    """`keras.distillation`, with the divergence that applies softmax."""
    features = [
        keras.distillation.FeatureDistillation(
            loss="mse", teacher_layer_name=tap, student_layer_name=tap
        )
        for tap in taps
    ]
    logits = keras.distillation.LogitsDistillation(
        temperature=TEMPERATURE, loss=keras.losses.KLDivergence()
    )
    model = keras.distillation.Distiller(
        teacher=teacher(pair),
        student=student(pair),
        distillation_losses=[logits, *features],
        student_loss_weight=TASK_WEIGHT,
    )
    return compiled(model), images


CANDIDATES = {"plain": plain, "live": live, "cached": cached, "keras": upstream}


def _ours(pair, taps, teacher):
    features = [
        losses.FeatureMatch(
            teacher_tap=tap,
            student_tap=tap,
            distance=distances.LpDistance(),
            name=f"match_{tap}",
        )
        for tap in taps
    ]
    found = [losses.SoftTargets(temperature=TEMPERATURE), *features]
    model = tfkd.Distiller(
        teacher=teacher,
        student=student(pair),
        distillation_losses=found,
        # Keras weighs distillation by what is left of the task's weight.
        distillation_loss_weights=[1 - TASK_WEIGHT] * len(found),
        student_loss_weight=TASK_WEIGHT,
    )
    return compiled(model)


def compiled(model, loss=LABELS):
    """Compiles a model as all are that are compared."""
    model.compile(
        # Time does not depend on it, and no method diverges at so small a one.
        keras.optimizers.SGD(LEARNING_RATE, momentum=0.9),
        loss,
        # XLA makes these steps slower on a CPU, and components train without;
        # on JAX it is what compiles a step at all.
        jit_compile=keras.config.backend() == "jax",
    )
    return model


def forward(model, images):
    """Returns a callable that runs a model once in inference mode."""
    # The rest of this module is also measured where there is none.
    import tensorflow as tf

    function = tf.function(lambda x: model(x, training=False))
    images = keras.tree.map_structure(tf.constant, images)
    return lambda: function(images)


class _Stopwatch(keras.callbacks.Callback):
    """Times the steps after the first of each `fit`, with callbacks and input.

    Args:
        clock: Returns seconds, by as many clocks as wanted.

    Attributes:
        seconds: Their sum.
        steps: Their number.
    """

    def __init__(self, clock):
        super().__init__()
        self.clock = clock
        self.seconds = self.steps = 0
        self._last = None

    def on_train_begin(self, logs=None):
        self._last = None

    def on_train_batch_end(self, batch, logs=None):
        now = self.clock()
        if self._last is not None:
            self.seconds = self.seconds + now - self._last
            self.steps += 1
        self._last = now


def repeated(x, y):
    """Returns one batch, again and again."""
    import tensorflow as tf

    return tf.data.Dataset.from_tensors((x, y)).repeat()


def fitting(model, batches, steps, clock=harness.now):
    """Returns a candidate of `harness.interleave`: `fit` on some batches."""
    return epoch(model, batches, steps_per_epoch=steps + 1, clock=clock)


def epoch(model, *data, clock=harness.now, **arguments):
    """Returns a candidate: an epoch of `fit`, a step without the first."""

    def run():
        watch = _Stopwatch(clock)
        model.fit(
            *data, verbose=0, shuffle=False, callbacks=[watch], **arguments
        )
        return watch.seconds / watch.steps

    return run
