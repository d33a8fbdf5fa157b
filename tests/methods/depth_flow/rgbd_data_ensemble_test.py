import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import displacement

PAIRS, _ = displacement.data(3, size=20, stereo=True)
VIEWS = {"student": PAIRS[..., :1], "teacher": PAIRS}


def network(images=2, channels=1, size=None):
    return displacement.model(
        input_shape=(size, size, images), channels=channels, filters=(2, 3)
    )


def build(**arguments):
    arguments = {
        "teacher": network(),
        "student": network(1, size=20),
        "scales": (1.0, 1.2),
        **arguments,
    }
    return methods.get("rgbd_data_ensemble").build(**arguments)


def test_total_is_the_error_to_the_mean_of_four_views():
    teacher, student = network(), network(1, size=20)
    model = build(teacher=teacher, student=student, weight=3.0, absolute=0.005)
    model.compile("sgd", run_eagerly=True)
    views = []
    for flip in (False, True):
        pairs = PAIRS[:, ::-1] if flip else PAIRS
        # 1.2 times 20 is 24: what is found there is 1.2 times as far.
        large = keras.ops.image.resize(pairs, (24, 24))
        far = teacher(large, training=False)
        near = keras.ops.image.resize(far, (20, 20)) / 1.2
        for found in (teacher(pairs, training=False), near):
            found = np.asarray(found)
            views.append(found[:, ::-1] if flip else found)
    mask = np.asarray(model.teacher(PAIRS)["trusted"])
    assert 0 < mask.mean() < 1
    own = np.asarray(student(VIEWS["student"], training=True))
    gap = np.abs(np.mean(views, axis=0) - own)
    logs = model.train_on_batch(VIEWS, return_dict=True)
    np.testing.assert_allclose(
        logs["loss"], 3 * (mask * gap).sum() / mask.sum(), rtol=1e-4
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": cases.teacher()}, "relates images"),
        ({"teacher": network(size=20)}, "at least one scale"),
        ({"scales": ()}, "at least one scale"),
        ({"student": cases.student()}, "a student from left images"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
