"""Pairs of two views of a digit, of which the student knows the worse one."""

import functools

import keras
import numpy as np

import tfkd
from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import LEARNING_RATE
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd.models import named_heads

HEADS = {"digit": 10, "large": 2}


def coarse(images):
    """Means of 2x2 pixels: 4x4 numbers."""
    return images.reshape(-1, 4, 2, 4, 2, 1).mean(axis=(2, 4))


def coarse_student():
    """A network of 4x4 pixels whose embedding has 128 numbers."""
    return tfkd.models.build(
        "cnn",
        input_shape=(4, 4, 1),
        num_classes=10,
        scale=1 / 16,
        filters=(4, 8),
        strides=(1, 1),
    )


def compiled(model, steps, heads=None):
    """Compiles as `compile_model`, with a cross-entropy for each head."""
    if heads is None:
        return compile_model(model, steps)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4),
        {name: loss for name in heads} or None,
        jit_compile=False,
    )
    return model


def by_labels(student, seed, answers=None):
    """Trains on the 100 coarse images and labels, for as many steps."""
    images, labels = digits_data()["train"]
    shown = hidden_labels(labels, seed) >= 0
    steps, batch = EPOCHS * steps_per_epoch(images), 20
    compiled(student, steps, HEADS if answers else None)
    y = labels[shown] if answers is None else answers(labels[shown])
    student.fit(
        coarse(images[shown]),
        y,
        batch_size=batch,
        epochs=-(-steps * batch // int(shown.sum())),
        verbose=0,
    )
    return student


def accuracy(student, split):
    """Share of right answers on coarse images."""
    images, labels = digits_data()[split]
    logits = student.predict(coarse(images), batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))


def pairs(method, seed, split, build, teacher_view):
    """Trains a student of coarse images by pairs and 100 labels."""
    images, labels = digits_data()["train"]
    keras.utils.set_random_seed(seed)
    student = coarse_student()
    if method is None:
        return accuracy(by_labels(student, seed), split)
    model = build(student)
    compile_model(model, EPOCHS * steps_per_epoch(images))
    x = {"student": coarse(images), "teacher": teacher_view(images)}
    hidden = hidden_labels(labels, seed)
    model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return accuracy(student, split)


@task
def partner_of_pixels(method, seed, arguments, split="test"):
    """No teacher: a network of all pixels and one of 4x4 means learn at once.

    100 pairs have a label, 947 have none. The score is the accuracy of the
    network of means; its control trains on its 100 images and labels.
    """

    def build(student):
        partner = student_model()
        return method.build(
            teacher=None, student=student, partner=partner, **arguments
        )

    return pairs(method, seed, split, build, lambda images: images)


@task
def taught_partner(method, seed, arguments, split="test"):
    """As `partner_of_pixels`, with a teacher of all pixels beside.

    The partner's embedding is as wide as the student's.
    """

    def build(student):
        return method.build(
            teacher=digits_teacher(),
            student=student,
            partner=student_model(),
            **arguments,
        )

    return pairs(method, seed, split, build, lambda images: images)


@task
def statistics_of_pixels(method, seed, arguments, split="test"):
    """The teacher's view is sums of rows and of columns, as it is.

    Otherwise as `partner_of_pixels`.
    """

    def sums(images):
        return np.concatenate(
            [images.sum(axis=1)[..., 0], images.sum(axis=2)[..., 0]], axis=-1
        )

    def build(student):
        view = tfkd.teachers.ViewTeacher((16,))
        return method.build(teacher=view, student=student, **arguments)

    return pairs(method, seed, split, build, sums)


@task
def clips_of_pixels(method, seed, arguments, split="test"):
    """The teacher sees three noisy images of 8x8 pixels, the student means.

    100 pairs have a label, 947 have none. The control trains on the 100
    images of 4x4 means, for as many steps.
    """

    def clips(images):
        random = np.random.default_rng(0)
        noise = random.normal(0, 4, (len(images), 3, *images.shape[1:]))
        return (images[:, None] + noise).astype("float32")

    def build(student):
        return method.build(
            teacher=digits_teacher(), student=student, **arguments
        )

    return pairs(method, seed, split, build, clips)


@functools.cache
def teachers_of_heads():
    """A teacher of digits, and one of which are at least 5."""
    images, labels = digits_data()["train"]
    keras.utils.set_random_seed(1001)
    model = tfkd.models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        scale=1 / 16,
        filters=(32, 32),
        strides=(1, 2),
    )
    compile_model(model, 25 * steps_per_epoch(images))
    large = (labels >= 5).astype("int32")
    model.fit(images, large, epochs=25, batch_size=BATCH, verbose=0)
    return {"digit": digits_teacher(), "large": model}


@task
def heads_of_teachers(method, seed, arguments, split="test"):
    """A head for each of two teachers, without labels.

    They see 8x8 pixels: one knows digits, one which are at least 5. The
    student, of 4x4 means, has both heads; the score is the mean of two
    accuracies. The control trains on 100 labels of both.
    """

    def answers(labels):
        return {"digit": labels, "large": (labels >= 5).astype("int32")}

    images, _ = digits_data()["train"]
    keras.utils.set_random_seed(seed)
    student = named_heads.build(coarse_student(), HEADS)
    if method is None:
        by_labels(student, seed, answers)
    else:
        teacher = teachers_of_heads()
        model = method.build(teacher=teacher, student=student, **arguments)
        compiled(model, EPOCHS * steps_per_epoch(images), {})
        x = {"student": coarse(images), "teacher": images}
        model.fit(x, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    found = student.predict(coarse(images), batch_size=500, verbose=0)
    scores = [
        np.mean(np.argmax(found[name], axis=-1) == y)
        for name, y in answers(labels).items()
    ]
    return float(np.mean(scores))
