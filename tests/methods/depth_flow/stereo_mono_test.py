import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import displacement

PAIRS, DISPARITIES = displacement.data(3, size=20, stereo=True)
VIEWS = {"student": PAIRS[..., :1], "teacher": PAIRS}


def network(images=2, channels=1, size=20):
    return displacement.model(
        input_shape=(size, size, images), channels=channels, filters=(2, 3)
    )


def build(**arguments):
    arguments = {"teacher": network(), "student": network(1), **arguments}
    return methods.get("stereo_mono").build(**arguments)


def test_total_is_the_error_where_both_eyes_agree():
    teacher, student = network(), network(1)
    model = build(
        teacher=teacher,
        student=student,
        # Strict, so that the eyes of a network that knows nothing disagree.
        absolute=0.02,
        weight=3.0,
        task_weight=0.5,
    )
    model.compile("sgd", "mae", run_eagerly=True)
    found = model.teacher(PAIRS)
    mask = np.asarray(found["trusted"])
    assert 0 < mask.mean() < 1
    wanted = np.asarray(teacher(PAIRS, training=False))
    own = np.asarray(student(VIEWS["student"], training=True))
    expected = 3 * (mask * np.abs(wanted - own)).sum() / mask.sum()
    expected += 0.5 * np.abs(DISPARITIES - own).mean()
    logs = model.train_on_batch(VIEWS, DISPARITIES, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": cases.teacher()}, "relates images"),
        ({"student": cases.student()}, "a student from left images"),
        ({"student": network(1, channels=2)}, "a student from left images"),
        ({"student": network(1, size=24)}, "of one shape"),
        ({"absolute": -2.0}, "at least one scale"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
