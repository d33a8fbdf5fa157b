"""Several modalities of one image teach the network of another."""

import functools

import keras
import numpy as np

import tfkd
from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task

MODALITIES = ("pixels", "edges", "noise")


def thumbnails(images):
    """Every second pixel of every second row: 4x4 numbers."""
    return images[:, ::2, ::2]


def modality(name, images):
    """What the teacher of a modality sees."""
    if name == "edges":
        rows, columns = np.gradient(images[..., 0], axis=(1, 2))
        return np.hypot(rows, columns)[..., None].astype("float32")
    if name == "noise":
        random = np.random.default_rng(0)
        noise = random.normal(0, 12, images.shape)
        return (images + noise).astype("float32")
    return images


def network(filters, shape, strides):
    """A network whose embedding has 128 numbers."""
    return tfkd.models.build(
        "cnn",
        input_shape=shape,
        num_classes=10,
        scale=1 / 16,
        filters=(filters, 8),
        strides=strides,
    )


@functools.cache
def modality_teacher(name):
    """A network of one modality, trained on all training labels."""
    keras.utils.set_random_seed(1000)
    images, labels = digits_data()["train"]
    model = network(32, (8, 8, 1), (1, 2))
    compile_model(model, 25 * steps_per_epoch(images)).fit(
        modality(name, images), labels, epochs=25, batch_size=BATCH, verbose=0
    )
    return model


@task
def many_modalities(method, seed, arguments, split="test"):
    """A student of 4x4 pixels; teachers of 8x8 pixels, of edges, of noise.

    100 examples have a label, 947 have none. The teachers saw all labels;
    the third sees pixels under noise of 12 of 16 levels. The control trains
    on the 100 thumbnails and labels, for as many steps.
    """
    images, labels = digits_data()["train"]
    hidden = hidden_labels(labels, seed)
    teachers = [modality_teacher(name) for name in MODALITIES]
    keras.utils.set_random_seed(seed)
    student = network(4, (4, 4, 1), (1, 1))
    steps = EPOCHS * steps_per_epoch(images)
    if method is None:
        shown, batch = hidden >= 0, 20
        compile_model(student, steps).fit(
            thumbnails(images)[shown],
            labels[shown],
            batch_size=batch,
            epochs=-(-steps * batch // int(shown.sum())),
            verbose=0,
        )
    else:
        model = method.build(
            teacher=teachers,
            student=student,
            modalities=MODALITIES,
            **arguments,
        )
        views = {name: modality(name, images) for name in MODALITIES}
        x = {"student": thumbnails(images), "teacher": views}
        compile_model(model, steps)
        model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    logits = student.predict(thumbnails(images), batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
