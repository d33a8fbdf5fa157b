import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.losses.photometric import structural_difference
from tfkd.models import named_heads
from tfkd.tasks import displacement
from tfkd.tasks import segmentation
from tfkd.transforms.warp import warp

IMAGES, LABELS = displacement.video(3)
PAIRS = IMAGES[..., ::2]
HEADS = {"semantics": 2, "disparity": 1, "flow": 2}


def network(channels, images=2):
    return displacement.model(
        input_shape=(24, 24, images), channels=channels, filters=(2, 3)
    )


def student_network(heads=None):
    return named_heads.build(network(1), heads or HEADS, layer="decoder")


def teachers():
    segmenter = segmentation.model(
        input_shape=(24, 24, 1), num_classes=2, filters=(2, 3)
    )
    return {
        "semantics": segmenter,
        "disparity": network(1, images=1),
        "flow": network(2),
        "rigid": network(2),
    }


def build(**arguments):
    arguments = {
        "teacher": teachers(),
        "student": student_network(),
        "moving_classes": (1,),
        "value_range": (0.0, 16.0),
        **arguments,
    }
    return methods.get("omeganet").build(**arguments)


def parts(known, student, **arguments):
    """The loss of a step, what networks say before it, and the mask."""
    weights = {
        "semantic_weight": 0.0,
        "disparity_weight": 0.0,
        "rigid_weight": 0.0,
        "flow_weight": 0.0,
        "photometric_weight": 0.0,
    }
    model = build(teacher=known, student=student, **{**weights, **arguments})
    model.compile("sgd", run_eagerly=True)
    own = {
        name: np.asarray(value)
        for name, value in student(PAIRS, training=True).items()
    }
    theirs = {
        name: np.asarray(
            net(PAIRS if name in ("flow", "rigid") else PAIRS[..., :1])
        )
        for name, net in known.items()
    }
    mask = np.asarray(model.teacher(PAIRS)["free"])
    logs = model.train_on_batch(PAIRS, return_dict=True)
    return logs["loss"], own, theirs, mask


def mean_where(values, mask):
    mask = np.broadcast_to(mask, values.shape)
    return (values * mask).sum() / mask.sum()


def test_classes_are_taught_by_the_most_likely_one():
    loss, own, theirs, _ = parts(
        teachers(), student_network(), semantic_weight=2.0
    )
    answer = theirs["semantics"].argmax(-1)[..., None]
    logits = own["semantics"]
    total = np.log(np.exp(logits).sum(-1, keepdims=True))
    wrong = (total - np.take_along_axis(logits, answer, -1)).mean()
    np.testing.assert_allclose(loss, 2 * wrong, rtol=1e-4)


def test_disparities_are_taught_by_the_reverse_huber_function():
    loss, own, theirs, _ = parts(
        teachers(), student_network(), disparity_weight=3.0
    )
    gap = np.abs(theirs["disparity"] - own["disparity"])
    bound = 0.2 * gap.max()
    large = (gap**2 + bound**2) / (2 * bound)
    expected = np.where(gap <= bound, gap, large).mean()
    np.testing.assert_allclose(loss, 3 * expected, rtol=1e-4)


def test_a_flow_is_the_cameras_or_its_own_by_the_mask():
    known, student = teachers(), student_network()
    loss, own, theirs, mask = parts(
        known,
        student,
        rigid_weight=2.0,
        flow_weight=5.0,
    )
    assert 0 < mask.mean() < 1
    free = mean_where(np.abs(theirs["flow"] - own["flow"]), mask)
    bound = mean_where(np.abs(theirs["rigid"] - own["flow"]), 1 - mask)
    np.testing.assert_allclose(loss, 2 * bound + 5 * free, rtol=1e-4)


def test_images_are_compared_where_the_flow_is_its_own():
    known, student = teachers(), student_network()
    loss, own, _, mask = parts(known, student, photometric_weight=1.0)
    first, second = np.split(PAIRS / 16, 2, axis=-1)
    found = np.asarray(warp(second, own["flow"]))
    plain = mean_where(np.abs(first - found), mask)
    # Of windows of 3x3, none of which is at the border.
    unlike = np.asarray(structural_difference(first, found))
    windows = mean_where(unlike, mask[:, 1:-1, 1:-1])
    expected = 0.15 * plain + 0.85 * windows
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": network(1)}, "a dict of the networks"),
        ({"teacher": {"flow": network(2)}}, "a dict of the networks"),
        ({"teacher": {**teachers(), "rigid": network(1)}}, "'rigid' of a"),
        ({"student": cases.student()}, "student with the outputs"),
        (
            {"student": student_network({"flow": 2, "semantics": 2})},
            "student with the outputs",
        ),
        (
            {"student": student_network({**HEADS, "flow": 1})},
            "of one shape",
        ),
        ({"moving_classes": (5,)}, "moving_classes must be"),
        ({"threshold": 2.0}, "threshold must be"),
        ({"value_range": (1.0, 0.0)}, "photometric loss needs"),
        ({"flow_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
