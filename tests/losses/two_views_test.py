import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses import PairRanking
from tfkd.losses.two_views import cross_square_distances

RANDOM = np.random.default_rng(0)


def tower():
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Dense(3)(inputs))


def setup(loss, view=(None, 2), own=(None, 3)):
    loss.setup(
        {"view": keras.KerasTensor(view)}, {"embedding": keras.KerasTensor(own)}
    )
    return loss


def test_the_partner_is_trained_by_the_loss_and_is_on_its_view():
    partner = tower()
    loss = setup(PairRanking(partner=partner))
    assert {v.path for v in loss.trainable_variables} == {
        v.path for v in partner.trainable_variables
    }
    view = RANDOM.normal(size=(4, 2)).astype("float32")
    own = RANDOM.normal(size=(4, 3)).astype("float32")
    found = loss({"view": view}, {"embedding": own})
    plain = PairRanking()({"view": partner(view)}, {"embedding": own})
    np.testing.assert_allclose(found, plain, rtol=1e-6)


def test_the_partner_comes_back_from_the_configuration():
    loss = PairRanking(partner=tower())
    again = setup(PairRanking.from_config(loss.get_config()))
    assert again.partner.output_shape == (None, 3)
    assert again.partner is not loss.partner


def test_cross_distances_are_numpys_far_from_the_origin():
    first = 100 + RANDOM.normal(size=(3, 4))
    second = 100 + RANDOM.normal(size=(5, 4))
    expected = np.sum((first[:, None] - second[None]) ** 2, axis=-1)
    found = cross_square_distances(
        first.astype("float32"), second.astype("float32")
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    same = cross_square_distances(first, first)
    np.testing.assert_array_equal(np.diag(same), np.zeros(3))


def test_taps_that_do_not_fit_are_our_error():
    with pytest.raises(InputError, match="embeddings of one width"):
        setup(PairRanking())
    with pytest.raises(InputError, match="taps of known size"):
        setup(PairRanking(), view=(None, None))
