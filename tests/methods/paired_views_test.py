import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.methods.paired_views import answers_and_features
from tfkd.transforms import Identity
from tfkd.transforms import Regressor


def network(units):
    return models.build("mlp", input_shape=(4,), num_classes=3, units=(units,))


def build(units, **arguments):
    arguments = {
        "teacher_tap": "embedding",
        "student_tap": "embedding",
        "temperature": 2.0,
        "soft_weight": 0.5,
        "feature_weight": 3.0,
        **arguments,
    }
    return answers_and_features(
        teacher=network(4), student=network(units), **arguments
    )


def test_one_loss_of_answers_and_one_of_features():
    losses = build(4)
    assert [loss.name for loss in losses] == ["soft_targets", "features"]
    assert [loss.weight.value for loss in losses] == [0.5, 3.0]
    t = {"logits": np.float32([[2, 0, 0]]), "embedding": np.ones((1, 4))}
    s = {"logits": np.float32([[0, 0, 0]]), "embedding": np.zeros((1, 4))}
    p = np.exp([1, 0, 0]) / np.sum(np.exp([1, 0, 0]))
    # T^2 KL(p || 1/3), T = 2; and ones against zeros.
    expected = [4 * np.sum(p * np.log(3 * p)), 1.0]
    found = [float(loss(t, s)[0]) for loss in losses]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(("units", "kind"), [(4, Identity), (3, Regressor)])
def test_a_regressor_follows_where_widths_differ(units, kind):
    _, features = build(units)
    assert isinstance(features.student_transform, kind)


def test_an_unknown_tap_is_our_error():
    with pytest.raises(InputError, match="no_such"):
        build(4, student_tap="no_such")
