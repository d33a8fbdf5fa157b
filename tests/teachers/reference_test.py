import numpy as np
import pytest

from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd.errors import InputError
from tfkd.teachers import reference


def rebuilt(model):
    structure, models = reference.unpack(reference.pack({"teacher": [model]}))
    assert structure["teacher"] == models
    return models[0]


def test_the_hash_is_of_the_weights():
    first, second = dense(seed=1), dense(seed=1)
    assert reference.fingerprint(first) == reference.fingerprint(second)
    weights = first.get_weights()
    weights[0][0, 0] += 1
    first.set_weights(weights)
    assert reference.fingerprint(first) != reference.fingerprint(second)


def test_layers_come_back_and_weights_when_they_are_supplied():
    model = dense(seed=1)
    copy = rebuilt(model)
    with pytest.raises(InputError, match=reference.fingerprint(model)):
        reference.check_present(copy)
    reference.supply([copy], [model])
    reference.check_present(copy)
    x, _ = batch()
    np.testing.assert_array_equal(copy(x), model(x))


def test_another_model_is_refused():
    copy = rebuilt(dense(seed=1))
    with pytest.raises(InputError, match="must be the one"):
        reference.supply([copy], [dense(seed=2)])
    assert reference.is_missing(copy)


def test_an_available_model_is_used_itself():
    model = dense(seed=1)
    with reference.available(model):
        assert rebuilt(model) is model
    assert rebuilt(model) is not model
