"""Canvases of two sensors that are no pairs, and one network for both."""

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scene_domains import faint
from learning_protocols.scenes import SCENES_BATCH
from learning_protocols.scenes import SCENES_STEPS
from learning_protocols.scenes import canvases
from learning_protocols.scenes import compile_scenes
from learning_protocols.scenes import scenes
from tfkd.models import per_modality
from tfkd.tasks import segmentation

# Canvases with masks of each sensor.
EACH = 200
SENSORS = ("ink", "negative")


def negative(images):
    """Faint and noisy, and bright where the first sensor is dark."""
    return 16.0 - faint(images)


@task
def unpaired_masks(method, seed, arguments, split="test"):
    """200 canvases of ink and 200 others of faint negatives, all with masks.

    The network shares its kernels and has normalizations of either sensor's
    own. The control is the same network on the same canvases, for as many
    steps. The score is the mean of the mIoU of both sensors.
    """
    sees = {"ink": lambda images: images, "negative": negative}
    x, y = {}, {}
    for number, name in enumerate(SENSORS):
        images, y[name] = canvases(EACH, split="train", seed=10 + 90 * number)
        x[name] = sees[name](images)
    keras.utils.set_random_seed(seed)
    student = per_modality.build(
        segmentation.model(input_shape=(16, 16, 1), filters=(8, 16, 24)),
        SENSORS,
    )
    model = student
    if method is not None:
        model = method.build(teacher=None, student=student, **arguments)
    loss = {name: segmentation.loss() for name in SENSORS}
    compile_scenes(model, loss, SCENES_STEPS)
    epochs = SCENES_STEPS // (EACH // SCENES_BATCH)
    model.fit(x, y, epochs=epochs, batch_size=SCENES_BATCH, verbose=0)
    images, masks = scenes(canvases, split)
    found = student.predict(
        {name: sees[name](images) for name in SENSORS}, verbose=0
    )
    scores = []
    for name in SENSORS:
        metric = segmentation.MeanIoU()
        metric.update_state(masks, found[name])
        scores.append(float(metric.result()))
    return float(np.mean(scores))
