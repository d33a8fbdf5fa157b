import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import displacement
from tfkd.transforms import RandomCrop
from tfkd.transforms.census import census_difference
from tfkd.transforms.warp import visible
from tfkd.transforms.warp import warp

PAIRS, _ = displacement.data(3, size=20)
CROP = 4


def network(channels=2, size=None):
    return displacement.model(
        input_shape=(size, size, 2), channels=channels, filters=(2, 3)
    )


def build(**arguments):
    arguments = {
        "teacher": network(),
        "student": network(),
        "crop": CROP,
        "value_range": (0.0, 16.0),
        "census": 3,
        **arguments,
    }
    return methods.get("ddflow").build(**arguments)


def robust(error):
    return (np.abs(error) + 0.01) ** 0.4


def mean_where(values, mask):
    return (values.mean(-1, keepdims=True) * mask).sum() / max(mask.sum(), 1)


def photometric(first, second, flow, seen):
    """Of windows of 3x3, which lie inside."""
    warped = np.asarray(warp(second, flow))
    difference = np.asarray(census_difference(first, warped, 3))
    return mean_where(robust(difference), seen[:, 1:-1, 1:-1])


def test_total_is_the_equation():
    teacher, student = network(), network()
    # Flows of some pixels, so that the student hides a part of what it sees.
    for model, factor in ((teacher, 1.0), (student, 30.0)):
        kernel, bias = model.get_layer("displacement").get_weights()
        model.get_layer("displacement").set_weights([factor * kernel, bias])
    distiller = build(
        teacher=teacher,
        student=student,
        photometric_weight=2.0,
        weight=3.0,
        seed=5,
    )
    distiller.compile("sgd", run_eagerly=True)
    # The same seed draws the same place, which is not the middle.
    _, corners = RandomCrop(CROP, seed=5)(PAIRS, training=True)
    row, column = np.asarray(corners)[0]
    assert (row, column) != (CROP, CROP)
    size = PAIRS.shape[1] - 2 * CROP
    inside = np.s_[:, row : row + size, column : column + size]
    pairs = PAIRS[inside]
    back_pairs = pairs[..., ::-1]
    # One pass of both orders, each with the statistics of its own batch.
    f, b = (np.asarray(student(p, training=True)) for p in (pairs, back_pairs))
    whole = np.asarray(teacher(PAIRS, training=False))
    whole_back = np.asarray(teacher(PAIRS[..., ::-1], training=False))
    trusted = np.asarray(visible(whole, whole_back))[inside]
    trusted_back = np.asarray(visible(whole_back, whole))[inside]
    v, v_back = np.asarray(visible(f, b)), np.asarray(visible(b, f))
    first, second = (pairs[..., k : k + 1] / 16 for k in (0, 1))
    expected = 2 * photometric(first, second, f, v)
    expected += 2 * photometric(second, first, b, v_back)
    for answer, own, mask in (
        (whole, f, trusted * (1 - v)),
        (whole_back, b, trusted_back * (1 - v_back)),
    ):
        assert 0 < mask.mean() < 1
        error = robust(answer[inside] - own)
        expected += 3 * mean_where(error, mask)
    logs = distiller.train_on_batch(PAIRS, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"crop": 0}, "crop of ddflow"),
        ({"teacher": cases.teacher()}, "relates images"),
        ({"student": network(3)}, "a displacement"),
        ({"student": network(1)}, "of one shape"),
        ({"student": network(size=20)}, "of any size"),
        ({"value_range": (1.0, 0.0)}, "photometric loss needs"),
        ({"census": 2}, "photometric loss needs"),
        ({"photometric_weight": -1.0}, "weight must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
