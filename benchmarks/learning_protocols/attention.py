"""Attention to what moves, of small images."""

import functools

import keras

from learning_protocols.digits import task
from learning_protocols.scenes import compile_scenes
from tfkd.tasks import attention

TRAIN = 1000
LABELLED = 200
BATCH = 20
STEPS = 900
# Two branches, and then the whole.
STAGES = 3
VIEWS = ("frame", "pair")


def fit(model, x, y, steps=STEPS):
    """Trains for so many steps of 20 pairs."""
    epochs = -(-steps // -(-len(y) // BATCH))
    compile_scenes(model, attention.loss(), steps).fit(
        x, y, epochs=epochs, batch_size=BATCH, verbose=0
    )
    return model


@functools.cache
def teachers():
    """A network of the last image, and one of both, of 1,000 large pairs."""
    x, y = attention.data(TRAIN, seed=3)
    found = []
    for number, view in enumerate((x[..., 1:], x)):
        keras.utils.set_random_seed(1000 + number)
        model = attention.model(images=view.shape[-1], filters=(16, 32))
        found.append(fit(model, view, y))
    return found


@task
def small_images(method, seed, arguments, split="test"):
    """200 pairs of images of 8x8 pixels, with maps of attention.

    Two teachers see the same at 16x16 pixels, and saw 1,000 other pairs. The
    control trains on the 200 for as many steps as all stages together. The
    score is the mean linear correlation of maps.
    """
    x, y = attention.data(LABELLED, seed=10 + seed)
    small, maps = attention.smaller(x), attention.smaller(y)
    keras.utils.set_random_seed(seed)
    student = attention.two_branches()
    if method is None:
        fit(student, small, maps)
    else:
        model = method.build(
            teacher=teachers(), student=student, modalities=VIEWS, **arguments
        )
        view = {"frame": x[..., 1:], "pair": x}
        fit(model, {"student": small, "teacher": view}, maps, STEPS // STAGES)
    if split == "test":
        x, y = attention.data(300, split="test", seed=2)
    else:
        x, y = attention.data(200, seed=1)
    found = student.predict(attention.smaller(x), batch_size=100, verbose=0)
    return max(0.0, attention.correlation(attention.smaller(y), found))
