import numpy as np
import pytest

from tests.conformance import cases
from tests.methods.depth_flow.images import unlike
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import displacement

PAIRS, _ = displacement.data(3, size=20, stereo=True)
VIEWS = {"student": PAIRS[..., :1], "teacher": PAIRS}


def network():
    return displacement.model(
        input_shape=(20, 20, 1), channels=1, filters=(2, 3)
    )


def build(**arguments):
    arguments = {
        "student": network(),
        "teacher": None,
        "value_range": (0.0, 16.0),
        "filters": (3,),
        **arguments,
    }
    return methods.get("refine_distill").build(**arguments)


def test_total_is_the_equation():
    student = network()
    model = build(
        student=student, photometric_weight=2.0, distillation=3.0, weight=0.5
    )
    model.compile("sgd", run_eagerly=True)
    # Disparity 0, and a refinement that says 1 everywhere.
    head = student.get_layer("displacement")
    head.set_weights([0 * w for w in head.get_weights()])
    refiner = model.distillation_losses[1].refiner
    *hidden, bias = refiner.get_weights()
    refiner.set_weights([*(0 * w for w in hidden), np.ones_like(bias)])
    left, right = PAIRS[..., 0] / 16, PAIRS[..., 1] / 16
    moved = np.concatenate([right[:, :, :1], right[:, :, :-1]], axis=2)
    logs = model.train_on_batch(VIEWS, return_dict=True)
    # 2 P(0) + 0.5 (P(1) + 3 |0 - 1|)
    total = 2 * unlike(left, right) + 0.5 * (unlike(left, moved) + 3)
    np.testing.assert_allclose(logs["loss"], total, rtol=1e-4)


def test_what_is_deployed_has_no_refinement():
    student = network()
    count = student.count_params()
    model = build(student=student)
    assert model.student is student
    assert student.count_params() == count < model.count_params()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": cases.teacher()}, "needs no teacher"),
        ({"student": cases.student()}, "a student from left images"),
        ({"value_range": (1.0, 0.0)}, "photometric loss needs"),
        ({"smoothness": -1.0}, "photometric loss needs"),
        ({"filters": ()}, "needs filters"),
        ({"distillation": -1.0}, "needs filters"),
        ({"weight": -1.0}, "weight must be"),
        ({"photometric_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
