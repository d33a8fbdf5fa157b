import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(size, width):
    return models.build(
        "mlp", input_shape=(size,), num_classes=2, units=(width,)
    )


def build(**arguments):
    arguments = {
        "teacher": None,
        "student": mlp(4, 2),
        "partner": mlp(3, 3),
        **arguments,
    }
    return methods.get("l3net").build(**arguments)


def test_a_layer_on_both_embeddings_decides_whether_they_correspond():
    (loss,) = build(units=1).distillation_losses
    loss.partner = None  # The view is the embedding.
    loss.of_student.set_weights([np.float32([[1], [0]]), np.float32([1])])
    loss.of_view.set_weights([np.float32([[0], [2], [0]])])
    loss.score.set_weights([np.float32([[3]]), np.float32([-4])])
    own = np.float32([[1, 9], [-2, 9]])
    theirs = np.float32([[7, 1, 7], [7, 0, 7]])
    # s_i + 1: 2 and -1; 2 t_j: 2 and 0. Sums 4, 2; 1, -1; after ReLU and
    # 3 h - 4: c_00 = 8, c_01 = 2; c_10 = -1, c_11 = -4.
    expected = [
        (np.log1p(np.exp(-8)) + np.log1p(np.exp(2))) / 2,
        (np.log1p(np.exp(4)) + np.log1p(np.exp(-1))) / 2,
    ]
    found = loss({"view": theirs}, {"embedding": own})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_embeddings_may_differ_in_width():
    (loss,) = build().distillation_losses
    assert loss.of_student.kernel.shape == (2, 128)
    assert loss.of_view.kernel.shape == (3, 128)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": mlp(3, 3)}, "l3net trains the networks of both"),
        ({"partner": None}, "l3net needs partner=model"),
        ({"units": 0}, "units >= 1"),
        ({"student_tap": "embeding"}, "no tap"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
