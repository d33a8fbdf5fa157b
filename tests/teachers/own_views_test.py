import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import RouteTeacher
from tfkd.teachers import own_views


def mlp(size):
    return models.build("mlp", input_shape=(size,), num_classes=2)


def test_each_network_sees_its_own_view():
    networks = [mlp(3), mlp(5)]
    ensemble = own_views("a_method", networks, ("depth", "flow"))
    ensemble.connect(("0/logits", "1/logits"), None)
    random = np.random.default_rng(0)
    x = {"flow": random.normal(size=(4, 5)), "depth": np.ones((4, 3))}
    found = ensemble(x)
    np.testing.assert_allclose(found["0/logits"], networks[0](x["depth"]), 1e-5)
    np.testing.assert_allclose(found["1/logits"], networks[1](x["flow"]), 1e-5)


def test_without_names_the_ensemble_stays_as_it_is():
    ensemble = EnsembleTeacher([mlp(3), mlp(3)], weights=[1, 3])
    assert own_views("a_method", ensemble, None) is ensemble
    found = own_views("a_method", ensemble, ("depth", "flow"))
    assert found.weights_ == [0.25, 0.75]


def test_names_and_networks_must_fit():
    with pytest.raises(InputError, match="a_method needs one of streams"):
        own_views("a_method", [mlp(3)], ("depth", "flow"), "streams")
    route = RouteTeacher([mlp(3)], 1)
    with pytest.raises(InputError, match="a keras.Model"):
        own_views("a_method", [route], ("depth",))
