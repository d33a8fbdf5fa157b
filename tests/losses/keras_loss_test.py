import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses import KerasLoss
from tfkd.losses import SoftTargets


def test_it_is_restored_from_its_config():
    inner = keras.distillation.LogitsDistillation(
        temperature=2.0, loss=keras.losses.KLDivergence()
    )
    config = keras.saving.serialize_keras_object(KerasLoss(inner, weight=0.5))
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.inner.temperature == 2.0
    assert float(copy.weight(0)) == 0.5


def test_the_same_value_for_every_example():
    inner = keras.distillation.FeatureDistillation(loss="mse")
    loss = KerasLoss(inner)
    loss.built = True
    t = np.array([[1.0], [3.0]], "float32")
    # mean of 1 and 9
    np.testing.assert_allclose(loss({"logits": t}, {"logits": 0 * t}), [5, 5])


def test_our_own_losses_and_others_are_our_error():
    for wrong in (SoftTargets(), keras.losses.KLDivergence()):
        with pytest.raises(InputError, match="keras.distillation"):
            KerasLoss(wrong)


def test_shapes_that_cannot_match_are_our_error():
    loss = KerasLoss(keras.distillation.FeatureDistillation(loss="mse"))
    with pytest.raises(InputError, match="Regressor"):
        loss.setup(
            {"logits": keras.KerasTensor((None, 2))},
            {"logits": keras.KerasTensor((None, 3))},
        )
