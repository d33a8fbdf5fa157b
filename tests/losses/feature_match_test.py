import keras
import numpy as np
import pytest

from tfkd.distances import LpDistance
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.transforms import AttentionMap
from tfkd.transforms import Regressor


def specs(**shapes):
    return {name: keras.KerasTensor(shape) for name, shape in shapes.items()}


def test_compares_what_the_transforms_make():
    loss = FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        student_transform=Regressor(use_bias=False),
        distance=LpDistance(reduce="sum"),
    )
    loss.setup(specs(t=(None, 2)), specs(s=(None, 3)))
    loss.student_transform.set_weights([np.ones((3, 2), "float32")])
    # (1 + 1 + 1, 3) against (1, 1): 2^2 + 2^2
    found = loss(
        {"t": np.ones((1, 2), "float32")}, {"s": np.ones((1, 3), "float32")}
    )
    np.testing.assert_allclose(found, [8.0])


def test_a_trained_transform_is_restored_with_its_config():
    loss = FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=AttentionMap(4),
        student_transform=AttentionMap(4),
        distance=LpDistance(p=1),
        weight=3.0,
    )
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.teacher_taps == ("t",)
    assert copy.student_transform.power == 4
    assert copy.distance.p == 1
    assert float(copy.weight(0)) == 3.0


def test_shapes_that_cannot_match_are_our_error():
    loss = FeatureMatch(teacher_tap="t", student_tap="s")
    with pytest.raises(InputError, match="Regressor"):
        loss.setup(specs(t=(None, 2)), specs(s=(None, 3)))
