"""Networks that make digits: from blurred ones, from codes, from digits."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import task
from learning_protocols.translations import STEPS
from learning_protocols.translations import blurred
from learning_protocols.translations import pairs
from learning_protocols.translations import train
from tfkd.models import critics
from tfkd.models import generator
from tfkd.models import translator

PAIRS = 50
CODE = 8
RANGE = (0.0, 16.0)
TARGET, FEW = 7, 30


def closeness(found, images):
    """1 less the mean absolute error, over the range of pixels."""
    return float(1.0 - np.mean(np.abs(found - images)) / 16.0)


@functools.cache
def sharpener():
    """A translator of 1,047 blurred digits, and a critic of what it makes."""
    keras.utils.set_random_seed(1000)
    model = translator.build((8, 8, 1), value_range=RANGE)
    x, y = pairs("train", 0, 10, blurred)
    train(model, x, y)
    critic = critics.maps((None, 8, 8, 1), filters=(16, 32))
    critic.compile(
        keras.optimizers.Adam(1e-3),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,
    )
    made = model.predict(x, verbose=0)
    real = np.repeat([1.0, 0.0], len(y))
    critic.fit(
        np.concatenate([y, made]), real, batch_size=BATCH, epochs=5, verbose=0
    )
    return model, critic


@task
def sharp_digits(method, seed, arguments, split="test"):
    """50 blurred digits, and what they were. The score is closeness.

    The teacher learned from 1,047; its critic tells digits from what it
    makes. The control learns from the 50 for as many steps.
    """
    teacher, critic = sharpener()
    x, y = pairs("train", 0, 10, blurred)
    shown = np.random.default_rng(seed).permutation(len(x))[:PAIRS]
    keras.utils.set_random_seed(seed)
    student = translator.build((8, 8, 1), filters=(4, 4), value_range=RANGE)
    model = student
    if method is not None:
        if method.card.get("teacher") == "many":
            teacher = [teacher, critic]
        model = method.build(teacher=teacher, student=student, **arguments)
    train(model, x[shown], y[shown])
    x, y = pairs(split, 0, 10, blurred)
    return closeness(student.predict(x, verbose=0), y)


@functools.cache
def principal_codes():
    """Mean, directions and scales of the 8 principal components."""
    images = digits_data()["train"][0].reshape(-1, 64)
    mean = images.mean(axis=0)
    _, values, directions = np.linalg.svd(images - mean, full_matrices=False)
    scales = values[:CODE] / np.sqrt(len(images))
    return mean, directions[:CODE], scales


def codes(split):
    """Codes of unit variance of a split, and its digits."""
    images, _ = digits_data()[split]
    mean, directions, scales = principal_codes()
    found = (images.reshape(-1, 64) - mean) @ directions.T / scales
    return found.astype("float32"), images


def digit_generator(filters):
    """A generator from codes."""
    return generator.build(
        (8, 8, 1), noise_size=CODE, value_range=RANGE, filters=filters
    )


@functools.cache
def teacher_generator():
    """Makes digits of the codes of 1,047."""
    keras.utils.set_random_seed(1000)
    model = digit_generator((64, 32))
    train(model, *codes("train"))
    return model


@task
def codes_to_digits(method, seed, arguments, split="test"):
    """Codes drawn anew, and no image. The score is closeness.

    The teacher makes digits of codes, and learned from 1,047. The control
    learns from 50 codes and digits for as many steps.
    """
    teacher = teacher_generator()
    x, y = codes("train")
    random = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    student = digit_generator((8, 4))
    if method is None:
        shown = random.permutation(len(x))[:PAIRS]
        train(student, x[shown], y[shown])
    else:
        drawn = random.normal(size=(BATCH * STEPS, CODE)).astype("float32")
        model = method.build(teacher=teacher, student=student, **arguments)
        rate = keras.optimizers.schedules.CosineDecay(3e-3, STEPS)
        model.compile(keras.optimizers.Adam(rate), jit_compile=False)
        model.fit(drawn, batch_size=BATCH, verbose=0)
    x, y = codes(split)
    return closeness(student.predict(x, verbose=0), y)


def miner():
    """A network from noise to noise, which begins as no change."""
    noise = keras.Input((CODE,))
    hidden = keras.layers.Dense(32, activation="tanh")(noise)
    change = keras.layers.Dense(CODE, kernel_initializer="zeros")(hidden)
    return keras.Model(noise, keras.layers.Add()([noise, change]))


@task
def few_sevens(method, seed, arguments, split="test"):
    """30 images of the digit 7, and a generator of all digits.

    The score is the share of 1,000 images that a classifier of 1,047 digits
    calls a 7. The control shows the generator noise as it comes: there is no
    miner without a method.
    """
    images, labels = digits_data()["train"]
    random = np.random.default_rng(seed)
    few = random.permutation(np.flatnonzero(labels == TARGET))[:FEW]
    keras.utils.set_random_seed(seed)
    student = miner()
    if method is not None:
        model = method.build(
            teacher=teacher_generator(), student=student, **arguments
        )
        count = BATCH * STEPS
        drawn = random.normal(size=(count, CODE)).astype("float32")
        model.compile(keras.optimizers.Adam(1e-3, 0.5), jit_compile=False)
        shown = images[random.choice(few, count)]
        model.fit(drawn, shown, batch_size=BATCH, verbose=0)
    # Noise to score on differs between the splits.
    drawn = np.random.default_rng([seed, split == "test"])
    noise = drawn.normal(size=(1000, CODE)).astype("float32")
    made = teacher_generator().predict(
        student.predict(noise, verbose=0), verbose=0
    )
    answers = np.argmax(digits_teacher().predict(made, verbose=0), axis=-1)
    return float(np.mean(answers == TARGET))


def narrow_autoencoder(filters):
    """Its code is a quarter of the image's size, and narrow."""
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Rescaling(1 / 16)(inputs)
    for stage, width in enumerate(filters, start=1):
        x = keras.layers.Conv2D(
            width, 3, 2, "same", activation="relu", name=f"stage{stage}"
        )(x)
    for width in reversed(filters):
        x = keras.layers.UpSampling2D(2)(x)
        x = keras.layers.Conv2D(width, 3, padding="same", activation="relu")(x)
    x = keras.layers.Conv2D(1, 3, padding="same")(x)
    return keras.Model(inputs, keras.layers.Rescaling(16.0)(x))


@functools.cache
def wide_autoencoder():
    """An autoencoder of 1,047 digits."""
    keras.utils.set_random_seed(1000)
    model = narrow_autoencoder((32, 32))
    images = digits_data()["train"][0]
    train(model, images, images)
    return model


@task
def small_codes(method, seed, arguments, split="test"):
    """An encoder and decoder of 1,047 digits. The score is closeness.

    The teacher is a wider one. The control reconstructs the same images for
    as many steps as both stages together.
    """
    teacher = wide_autoencoder()
    images = digits_data()["train"][0]
    keras.utils.set_random_seed(seed)
    student = narrow_autoencoder((8, 8))
    if method is None:
        for _ in range(2):
            train(student, images, images)
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        train(model, images, images)
    images = digits_data()[split][0]
    return closeness(student.predict(images, verbose=0), images)
