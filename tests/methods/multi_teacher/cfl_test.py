import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": [
            cases.cnn((6, 8, 12), 2),
            models.build("resnet", input_shape=cases.SHAPE, num_classes=2),
        ],
        "student": cases.cnn((4, 6, 8)),
        "label_sets": ((0, 2), (1, 3)),
        "units": 3,
        **arguments,
    }
    return methods.get("cfl").build(**arguments)


def test_the_student_follows_the_teachers_side_by_side():
    # z = (0, ln 3, ln 2, 0) in the student's order: q = (1, 3, 2, 1) / 7.
    taps = {
        "0/logits": np.float32([[0, np.log(2)]]),
        "1/logits": np.float32([[np.log(3), 0]]),
    }
    q = np.array([1, 3, 2, 1]) / 7
    joined = build().distillation_losses[0]
    found = joined(taps, {"logits": np.zeros((1, 4), "float32")})
    np.testing.assert_allclose(found, [np.sum(q * np.log(4 * q))], rtol=1e-5)


def test_teachers_of_any_architecture_share_a_space_with_the_student():
    distiller = build()
    common = distiller.distillation_losses[1]
    assert common.teacher_taps == ("0/stage3", "1/stage3")
    assert common.student_taps == ("stage3",)
    assert float(common.weight(0)) == 10.0
    distiller.compile("sgd", run_eagerly=True)
    x, _ = cases.images(4)
    logs = distiller.train_on_batch(x, return_dict=True)
    np.testing.assert_allclose(
        logs["loss"],
        logs["joined_targets"] + 10 * logs["common_features"],
        rtol=1e-5,
    )


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="units >= 1"):
        build(units=0)
    with pytest.raises(InputError, match="no_such"):
        build(student_tap="no_such")
    with pytest.raises(InputError, match="every logit"):
        build(label_sets=((0, 1, 2), (3,)))
