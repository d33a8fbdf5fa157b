"""EEIL: every old head is distilled, then all classes are fine-tuned alike.

Equation:  stage 1 (`fit`):  L = H(y, softmax(o))
               + b sum_f T^2 KL(softmax(t_f / T) || softmax(o_f / T)),
               f = 1, ..., F - 1 the heads that the old model has
           stage 2 (`fine_tune`):  the same on as many examples of every
               class, f = 1, ..., F, with t of the student after stage 1
           both stages:  g <- g + n / B,  n ~ N(0, s^2),
                         s = v / (1 + k)^0.55
Symbols:   o (batch, classes) student's logits, o_f those of head f, the
           classes that were learned together; t the old model's; g the
           gradient of the mean over B examples; k epoch, from 1, counted on
           in stage 2; T = `temperature`; b = `weight`; v = `noise`.
Paper:     Castro, Marin-Jimenez, Guil, Schmid & Alahari, *End-to-End
           Incremental Learning*, ECCV 2018, arXiv:1807.09536.
Survey:    Sec 14.2.2, ref [30].
Differs:   confirmed in FACIL's code and its quotations of the paper: one
           term a head, T = 2, weight 1, without T^2 (b = 1/4 undoes ours),
           both stages, the second with a temporary term for the new classes
           too and a hundredth of the learning rate. Confirmed in the
           authors' code: the noise, v = 0.3, and twelve views of every
           image, old and new, in both stages: `tfkd.sources.twelve_views`,
           on what `fit` is given and as `augment` of `fine_tune`. KL instead
           of cross-entropy: the same gradient; FACIL has a binary
           cross-entropy of softmax scores, averaged over classes. Exemplars
           of stage 2 are chosen by herding, where FACIL draws new ones at
           random. The noise is meant for plain SGD: Adam divides it by the
           size of the gradients.
"""

import copy

import keras
import numpy as np

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.distillers.student_trainer import as_list
from tfkd.errors import InputError
from tfkd.losses import GradientNoise
from tfkd.losses import SubsetSoftTargets
from tfkd.methods.card import Card
from tfkd.sources.exemplars import balanced_herd

CARD = Card(
    key="eeil",
    example="""\
from tfkd.models.heads import grow

shapes["num_classes"] = 8  # The old classes.
teacher = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
student = grow(teacher, 2, bias_correction=False)
""",
)


@keras.saving.register_keras_serializable("tfkd")
class EndToEndDistiller(Distiller):
    """A `Distiller` with a balanced second stage."""

    settings = None

    def fit(self, *args, callbacks=None, **kwargs):
        """Stage 1; see `Distiller.fit`."""
        # Keras' own list of callbacks, too.
        own = as_list(getattr(callbacks, "callbacks", callbacks))
        callbacks = [_Epochs(self, 0), *own]
        return super().fit(*args, callbacks=callbacks, **kwargs)

    def fine_tune(
        self, x, y, *, learning_rate_factor=0.01, augment=None, **arguments
    ):
        """Stage 2: trains on as many examples of every class.

        Args:
            x: Examples that `fit` was given, an array, without their views.
            y: Their classes `(examples,)`.
            learning_rate_factor: Of the compiled optimizer's learning rate
                at its start.
            augment: Called with the chosen `(x, y)`, returns those to train
                on: `tfkd.sources.twelve_views`, for example.
            **arguments: Of `fit`, such as `epochs`.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            InputError: If a class of the student has no example.
        """
        sizes, temperature, weight, noise, seed = self.settings
        classes = taps.shape(self.student, "logits")[-1]
        labels = np.asarray(y).reshape(-1)
        if set(np.unique(labels)) != set(range(classes)):
            raise InputError(
                "The balanced stage needs examples of every class from 0 to "
                f"{classes - 1}, received {np.unique(labels).tolist()}."
            )
        embedding = taps.Extractor(self.student, ["logits:input"])
        parts = [x[n : n + 256] for n in range(0, len(labels), 256)]
        features = np.concatenate(
            [np.asarray(embedding(part)["logits:input"]) for part in parts]
        )
        rows = balanced_herd(features, labels)
        before = keras.models.clone_model(self.student)
        before.set_weights(self.student.get_weights())
        second = Distiller(
            student=self.student,
            teacher=before,
            distillation_losses=[
                *head_targets(
                    [*sizes, classes - sum(sizes)], temperature, weight
                ),
                *gradient_noise(noise, seed + 1),
            ],
            student_loss_weight=1.0,
        )
        optimizer = _restarted(self.optimizer, learning_rate_factor)
        second.compile(optimizer, self.loss, run_eagerly=self.run_eagerly)
        x, y = np.asarray(x)[rows], labels[rows]
        if augment is not None:
            x, y = augment(x, y)
        past = [int(part.epoch) for part in _noises(self)]
        own = as_list(arguments.pop("callbacks", None))
        callbacks = [_Epochs(second, *past or [0]), *own]
        return second.fit(x, y, callbacks=callbacks, **arguments)


class _Epochs(keras.callbacks.Callback):
    """Tells the noise of a distiller which epoch it is, from 1."""

    def __init__(self, distiller, past):
        super().__init__()
        self.noises, self.past = _noises(distiller), past

    def on_epoch_begin(self, epoch, logs=None):
        for noise in self.noises:
            noise.epoch.assign(self.past + epoch + 1)


def _noises(distiller):
    losses = distiller.distillation_losses
    return [part for part in losses if isinstance(part, GradientNoise)]


def build(
    *,
    teacher,
    student,
    heads: tuple | None = None,
    temperature: float = 2.0,
    weight: float = 0.25,
    task_weight: float = 1.0,
    noise: float = 0.3,
    seed: int = 0,
):
    """Builds the distiller.

    Fit it on the new classes' examples and the old ones' exemplars (see
    `tfkd.sources.Exemplars`), then call `fine_tune` on the same.

    Args:
        teacher: The old model, a classifier of n classes.
        student: A classifier of these and of new classes, that started from
            it: `tfkd.models.heads.grow(teacher, m, bias_correction=False)`.
        heads: How many classes were learned at each earlier step, together
            n; one step if absent.
        temperature: T > 0.
        weight: b >= 0, a number or schedule.
        task_weight: Factor >= 0 of the labels' term.
        noise: v >= 0; 0 for none.
        seed: Whole number behind the noise.

    Returns:
        A `Distiller` with `fine_tune(x, y)`, not compiled.

    Raises:
        InputError: If heads do not fit the old model, the student knows no
            new class, or a number is out of range.
    """
    known = taps.shape(teacher, "logits")[-1]
    sizes = [known] if heads is None else [int(size) for size in heads]
    classes = taps.shape(student, "logits")[-1]
    if sum(sizes) != known or min(sizes) < 2 or classes < known + 2:
        raise InputError(
            "eeil needs heads of at least two classes each that are together "
            f"the old model's {known}, and a student of at least two more, "
            f"received heads={tuple(sizes)} and a student of {classes}. Make "
            "it with tfkd.models.heads.grow(teacher, new_classes, "
            "bias_correction=False)."
        )
    model = EndToEndDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            *head_targets(sizes, temperature, weight),
            *gradient_noise(noise, seed),
        ],
        student_loss_weight=task_weight,
    )
    model.settings = (sizes, temperature, weight, noise, seed)
    return model


def gradient_noise(scale, seed):
    """Returns the noise, none for a scale of 0."""
    return [] if scale == 0 else [GradientNoise(scale=scale, seed=seed)]


def head_targets(sizes, temperature, weight):
    """Returns one loss a head, of classes that follow each other."""
    stops = np.cumsum(sizes)
    return [
        SubsetSoftTargets(
            classes=range(stop - size, stop),
            teacher_classes=range(stop - size, stop),
            temperature=temperature,
            weight=weight,
            name=f"head_{number}",
        )
        for number, (size, stop) in enumerate(zip(sizes, stops), start=1)
    ]


def _restarted(optimizer, factor):
    """Returns a new optimizer, at a part of the first one's starting rate."""
    # Mixed precision wraps it, and will wrap the new one.
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    rate = optimizer._learning_rate
    rate = rate(0) if callable(rate) else rate
    config = copy.deepcopy(keras.optimizers.serialize(optimizer))
    config["config"]["learning_rate"] = factor * float(np.asarray(rate))
    return keras.optimizers.deserialize(config)
