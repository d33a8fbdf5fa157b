import keras
import numpy as np

from tests.distillers.distiller_test import dense
from tfkd.losses import LearnedPrior


def attached(student=None, **arguments):
    part = LearnedPrior(**arguments)
    part.attach(None, student or dense())
    part.setup({}, {"outputs": keras.KerasTensor((None, 4))})
    return part


def test_is_the_sum_of_absolute_weights_times_their_strengths():
    student = dense()
    part = attached(student)
    random = np.random.default_rng(0)
    expected = 0.0
    for phi, weight in zip(part.meta_variables, student.trainable_variables):
        phi.assign(random.normal(size=phi.shape))
        strength = np.log1p(np.exp(np.array(phi)))
        expected += np.sum(strength * np.abs(np.array(weight)))
    values = part({}, {"outputs": np.zeros((3, 4))})
    np.testing.assert_allclose(values, [expected] * 3, rtol=1e-5)


def test_starts_alike_for_all_weights():
    # softplus(0) = ln 2.
    for strength in attached(initial=0.0).strengths():
        np.testing.assert_allclose(strength, np.log(2.0), rtol=1e-6)


def test_weights_of_zero_cost_nothing():
    student = dense()
    student.set_weights([0 * w for w in student.get_weights()])
    assert float(attached(student).penalty()) == 0.0


def test_round_trip():
    part = LearnedPrior(initial=-2.0, weight=0.5)
    config = keras.saving.serialize_keras_object(part)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == part.get_config()
