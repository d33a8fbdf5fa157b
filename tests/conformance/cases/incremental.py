"""Conformance cases of incremental learning."""

import keras
import numpy as np

from tests.conformance.cases import base
from tests.conformance.cases.base import Case
from tests.conformance.cases.detection import boxes
from tests.conformance.cases.detection import detector
from tests.conformance.cases.segmentation import masks
from tfkd import tasks
from tfkd.models import cosine_head
from tfkd.models import grown_detector
from tfkd.models import heads
from tfkd.models import translator
from tfkd.models.shared_policies import shared_policies


def old_classifier():
    """Knows all classes but the last."""
    return base.cnn((4, 6, 8), classes=base.CLASSES - 1)


def grown_classifier():
    return heads.grow(old_classifier(), 1)


def first_step():
    """Knows two classes of four."""
    return base.cnn((4, 6, 8), classes=2)


def second_step():
    return heads.grow(first_step(), 2, bias_correction=False)


def angles():
    return cosine_head.with_cosine_head(first_step())


def old_segmenter():
    """Knows the background and eight digits."""
    model = tasks.get("segmentation").model
    return model(filters=(4, 4, 6), num_classes=9)


def old_detector():
    """Knows eight digits."""
    return detector((4, 4, 6), 6, num_classes=8)


def grown_detector_case():
    """The student of all digits does not begin as the old detector."""
    return Case(
        teacher=old_detector,
        student=lambda: grown_detector.grow_detector(old_detector(), 2),
        data=boxes,
        loss=tasks.get("detection").loss(),
        exempt=GROWS,
    )


def policy(features):
    """A linear policy of one action."""
    state = keras.Input((features,))
    action = keras.layers.Dense(1, use_bias=False)(state)
    return keras.Model(state, action)


def shared():
    kinds = {"first": "cart", "second": "cart", "third": "arm"}
    return shared_policies({"cart": 3, "arm": 2}, kinds)


def states(needs, count):
    """A state of each kind of system, and actions that nobody reads."""
    random = np.random.default_rng(0)
    x = {
        kind: random.normal(size=(count, width)).astype("float32")
        for kind, width in (("cart", 3), ("arm", 2))
    }
    tasks = ("first", "second", "third")
    return x, {task: np.zeros((count, 1), "float32") for task in tasks}


def images_to_images():
    return translator.build(base.SHAPE, filters=(4, 4), value_range=(0.0, 16.0))


def negatives(needs, count):
    """Images, and what a translator should make of them."""
    x, _ = base.images(count)
    return x, 16 - x


GROWS = {
    "swapping_the_roles_changes_what_is_trained": (
        "the old model knows fewer classes than the grown one"
    )
}

CASES = {
    "ilt_seg": Case(
        teacher=old_segmenter,
        student=lambda: heads.grow(old_segmenter(), 2, bias_correction=False),
        data=masks,
        loss=tasks.get("segmentation").loss(),
        exempt=GROWS,
    ),
    "iod_chen": grown_detector_case(),
    "iod_hao": grown_detector_case(),
    "iod_shmelkov": grown_detector_case(),
    "lifelong_gan": Case(
        teacher=images_to_images,
        student=images_to_images,
        data=negatives,
        loss="mae",
        # The batch, and a montage of it.
        student_passes=2,
    ),
    "pg_interella": Case(
        teacher=lambda: [policy(3), policy(3), policy(2)],
        student=shared,
        data=states,
        loss={task: "mse" for task in ("first", "second", "third")},
    ),
    "eeil": Case(teacher=first_step, student=second_step, exempt=GROWS),
    "lucir": Case(
        teacher=angles,
        student=lambda: cosine_head.grow_cosine(angles(), 2),
        exempt=GROWS,
    ),
    "m2kd": Case(
        teacher=lambda: [first_step()],
        student=second_step,
    ),
    "bic": Case(
        teacher=old_classifier,
        student=grown_classifier,
        exempt=GROWS,
    ),
}
