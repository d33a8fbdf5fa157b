import numpy as np
import pytest

from tests.conformance import cases
from tests.methods.depth_flow.images import unlike
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import displacement

PAIRS, _ = displacement.data(3, size=20, stereo=True)
VIEWS = {"student": PAIRS[..., :1], "teacher": PAIRS}


def network(images=1, channels=1, size=20):
    return displacement.model(
        input_shape=(size, size, images), channels=channels, filters=(2, 3)
    )


def build(**arguments):
    arguments = {
        "teacher": None,
        "student": network(),
        "farthest": 3,
        "value_range": (0.0, 16.0),
        **arguments,
    }
    return methods.get("monoresmatch").build(**arguments)


def test_total_is_the_equation():
    student = network()
    model = build(
        student=student,
        photometric_weight=2.0,
        smoothness_weight=0.5,
        weight=3.0,
    )
    model.compile("sgd", run_eagerly=True)
    # Everything is found to be one column away: no roughness.
    kernel, _ = student.get_layer("displacement").get_weights()
    student.get_layer("displacement").set_weights(
        [0 * kernel, np.ones(1, "float32")]
    )
    left, right = PAIRS[..., 0] / 16, PAIRS[..., 1] / 16
    moved = np.concatenate([right[:, :, :1], right[:, :, :-1]], axis=2)
    photometric = unlike(left, moved)
    found = model.teacher(PAIRS)
    mask = np.asarray(found["trusted"])
    assert 0.5 < mask.mean() < 1
    error = np.abs(1 - np.asarray(found["map"]))
    bound = 0.2 * (error * mask).max()
    far = (error**2 + bound**2) / (2 * bound)
    berhu = np.where(error <= bound, error, far)
    expected = 2 * photometric + 3 * (berhu * mask).sum() / mask.sum()
    logs = model.train_on_batch(VIEWS, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_matching_knows_the_disparities_of_large_and_small_digits():
    pairs, truth = displacement.data(20, stereo=True, seed=3)
    model = build(student=network(size=24))
    found = model.teacher(pairs)
    trusted = np.asarray(found["trusted"]) > 0
    gap = np.abs(np.asarray(found["map"]) - truth)[trusted]
    assert np.mean(gap == 0) > 0.8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": cases.teacher()}, "needs no teacher"),
        ({"student": cases.student()}, "a student from left images"),
        ({"student": network(size=None)}, "Semi-global matching needs"),
        ({"farthest": 20}, "Semi-global matching needs"),
        ({"photometric_weight": 0.0}, "photometric_weight of monoresmatch"),
        ({"smoothness_weight": -1.0}, "photometric loss needs"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
