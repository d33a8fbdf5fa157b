"""A stream of canvases whose digits change with time."""

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import canvases
from learning_protocols.scenes import fit_scenes
from learning_protocols.scenes import segmenter_teacher
from tfkd.tasks import segmentation

FRAMES = 600
PRETRAINED = 60


def stream(split):
    """Canvases of one digit, of the class 0 first and of 9 last."""
    images, masks = canvases(
        FRAMES,
        split="test" if split == "test" else "train",
        seed=2 if split == "test" else 1,
    )
    order = np.argsort(masks.max(axis=(1, 2)), kind="stable")
    return images[order], masks[order]


@task
def sorted_digits(method, seed, arguments, split="test"):
    """600 canvases, sorted by their digit, which are seen once.

    The student was trained on 60 labelled canvases before, and so was the
    control, which stays as it is. The teacher saw 1,200 others with masks.
    The score is the mIoU of what is answered when a frame comes.
    """
    keras.utils.set_random_seed(seed)
    student = segmentation.model(input_shape=(16, 16, 1), filters=(8, 16, 24))
    images, masks = canvases(PRETRAINED, split="train", seed=20 + seed)
    fit_scenes(student, images, masks, segmentation.loss())
    frames, truth = stream(split)
    if method is None:
        outputs = student.predict(frames, verbose=0)
    else:
        model = method.build(
            teacher=segmenter_teacher(), student=student, **arguments
        )
        model.compile(
            keras.optimizers.AdamW(1e-3, weight_decay=1e-4),
            None,
            jit_compile=False,
        )
        outputs = model.watch(frames).outputs
    metric = segmentation.MeanIoU()
    metric.update_state(truth, outputs)
    return float(metric.result())
