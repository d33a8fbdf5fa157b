import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.models.cosine_head import CosineScores
from tfkd.models.cosine_head import grow_cosine
from tfkd.models.cosine_head import with_cosine_head

X, Y = cases.images(4)


def head(units=2, fixed=1, dtype="float32"):
    layer = CosineScores(units, fixed, dtype=dtype)
    layer.build((None, 2))
    layer.old.assign([[3.0], [4.0]])
    layer.new.assign([[0.0], [5.0]])
    return layer


def test_scores_are_cosines():
    # (1, 0) against (3, 4) / 5 and (0, 1).
    found = head()(np.float32([[2, 0]]))
    np.testing.assert_allclose(found, [[0.6, 0.0]], rtol=1e-6)


def test_zero_features_have_no_direction():
    np.testing.assert_array_equal(head()(np.zeros((1, 2), "float32")), [[0, 0]])


def test_gradient():
    layer = head(dtype="float64")
    assert_gradient(lambda f: layer(f)[:, 0], [[0.5, -1.2]])


def test_a_growth_keeps_what_is_known():
    old = with_cosine_head(cases.cnn((4, 6, 8), classes=2))
    grown = grow_cosine(old, 3)
    before = old.predict(X, verbose=0)
    found = grown.predict(X, verbose=0)
    assert found.shape == (4, 5)
    np.testing.assert_allclose(found[:, :2], before, rtol=1e-4, atol=1e-5)
    assert not {id(w) for w in old.weights} & {id(w) for w in grown.weights}
    again = grow_cosine(grown, 1).predict(X, verbose=0)
    np.testing.assert_allclose(again[:, :5], found, rtol=1e-4, atol=1e-5)


def test_vectors_of_old_classes_are_not_trained():
    grown = grow_cosine(with_cosine_head(cases.cnn((4, 6, 8), 2)), 2)
    layer = grown.get_layer("cosine")
    old, new = np.array(layer.old), np.array(layer.new)
    grown.compile(
        keras.optimizers.SGD(0.1), cases.Case().loss, run_eagerly=True
    )
    grown.train_on_batch(X, Y)
    np.testing.assert_array_equal(old, layer.old)
    assert not np.array_equal(new, layer.new)


def test_survives_saving(tmp_path):
    model = with_cosine_head(cases.cnn((4, 6, 8), 2), scale=7.0)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        loaded.predict(X, verbose=0), model.predict(X, verbose=0)
    )


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="0 <= fixed < units"):
        CosineScores(2, 2)
    with pytest.raises(InputError, match="with_cosine_head"):
        grow_cosine(cases.student(), 1)
    with pytest.raises(InputError, match="new_classes must be"):
        grow_cosine(with_cosine_head(cases.student()), 0)
