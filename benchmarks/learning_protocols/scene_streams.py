"""A stream of scenes whose digits change with time, for detectors."""

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import detector_teacher
from learning_protocols.scenes import fit_scenes
from tfkd.tasks import detection

FRAMES = 600
PRETRAINED = 60


def stream(split):
    """Scenes of one digit, of the class 0 first and of 9 last."""
    images, boxes = detection.data(
        FRAMES,
        objects=1,
        split="test" if split == "test" else "train",
        seed=2 if split == "test" else 1,
    )
    order = np.argsort(boxes[:, 0, 4], kind="stable")
    return images[order], boxes[order]


@task
def sorted_scenes(method, seed, arguments, split="test"):
    """600 scenes of a digit, sorted by it, which are seen once.

    The student was trained on 60 scenes with boxes before, and so was the
    control, which stays as it is. The teacher saw 1,200 others. The score is
    the AP, at an IoU of 0.5, of what is answered when a frame comes.
    """
    keras.utils.set_random_seed(seed)
    student = detection.model(filters=(6, 12, 24), neck=24)
    images, boxes = detection.data(
        PRETRAINED, objects=1, split="train", seed=20 + seed
    )
    fit_scenes(student, images, boxes, detection.loss())
    frames, truth = stream(split)
    if method is None:
        outputs = student.predict(frames, verbose=0)
    else:
        model = method.build(
            teacher=detector_teacher(), student=student, **arguments
        )
        model.compile(
            keras.optimizers.AdamW(1e-3, weight_decay=1e-4),
            None,
            jit_compile=False,
        )
        outputs = model.watch(frames).outputs
    found = detection.detections(outputs)
    return detection.average_precision(truth, found)
