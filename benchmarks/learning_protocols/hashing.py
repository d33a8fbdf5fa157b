"""Codes of digits: is the nearest other image of the same class?"""

import keras
import numpy as np

import tfkd
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import task
from tfkd import losses
from tfkd import sources

BITS = 16
STEPS = 1020


def hashing_student():
    """A network of 16 outputs, whose signs are the code."""
    return tfkd.models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=BITS,
        scale=1 / 16,
        filters=(4, 8),
        strides=(1, 2),
    )


def pairs_alone(student):
    """Returns a distiller that has the likelihood of labelled pairs alone."""

    def extra(inputs, tensors):
        relax = keras.layers.Activation("tanh", name="codes")
        return {"codes": relax(tensors["logits"])}

    return tfkd.distillers.Distiller(
        student=student,
        network=tfkd.taps.extend(student, ["logits"], extra),
        teacher=tfkd.teachers.SelfTeacher(),
        distillation_losses=losses.PairLikelihood(
            student_tap="codes", quantization=0.1
        ),
        student_loss_weight=0.0,
    )


def mean_precision(model, split):
    """Mean over images of the precision over the ranking of all others.

    Others are ranked by the bits that differ; of those that differ in as
    many bits, the mean over all orders counts.
    """
    images, labels = digits_data()[split]
    codes = model.predict(images, batch_size=500, verbose=0) > 0
    differing = np.sum(codes[:, None] != codes[None], axis=-1)
    found = []
    for own, (row, label) in enumerate(zip(differing, labels)):
        others = np.arange(len(labels)) != own
        alike = labels[others] == label
        counts = np.bincount(row[others], minlength=BITS + 1)
        right = np.bincount(row[others][alike], minlength=BITS + 1)
        before = np.concatenate([[0], np.cumsum(counts)[:-1]])
        right_before = np.concatenate([[0], np.cumsum(right)[:-1]])
        total = 0.0
        for size, hits, above, good in zip(counts, right, before, right_before):
            # Of `size` places, each holds a hit with the same chance.
            place = np.arange(1, size + 1)
            expected = good + 1 + (place - 1) * (hits - 1) / max(size - 1, 1)
            total += hits / max(size, 1) * np.sum(expected / (above + place))
        found.append(total / max(alike.sum(), 1))
    return float(np.mean(found))


@task
def digits_hashing(method, seed, arguments, split="test"):
    """100 labels, 947 images without; codes of 16 bits, mean precision.

    Every image of the split is a query among the others. Batches hold 4
    images of every class, and 24 without label; the control has the
    likelihood of the labelled pairs alone.
    """
    images, labels = digits_data()["train"]
    hidden = hidden_labels(labels, seed)
    keras.utils.set_random_seed(seed)
    student = hashing_student()
    if method is None:
        model = pairs_alone(student)
    else:
        model = method.build(teacher=None, student=student, **arguments)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, STEPS)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4), jit_compile=False
    )
    batches = sources.ClassBatches(
        images,
        hidden,
        classes=10,
        per_class=4,
        unlabelled=0 if method is None else 24,
        batches=STEPS,
        seed=seed,
    )
    model.fit(batches, verbose=0)
    return mean_precision(student, split)
