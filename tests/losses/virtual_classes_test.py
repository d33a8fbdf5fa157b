import keras
import numpy as np
import pytest

from tfkd import taps
from tfkd.errors import InputError
from tfkd.losses import VirtualClasses
from tfkd.losses.virtual_classes import sparse_code

RANDOM = np.random.default_rng(0)
# The last class has both attributes.
ATTRIBUTES = ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0))


def head(width=2, classes=3):
    layer = keras.layers.Dense(classes)
    layer.build((None, width))
    return layer


def built(width=2, classes=3, **arguments):
    arguments = {
        "attributes": ATTRIBUTES,
        "unseen": (2,),
        "penalty": 0.0,
        **arguments,
    }
    loss = VirtualClasses(
        teacher_tap="t", head=head(width, classes), **arguments
    )
    loss.setup({"t": keras.KerasTensor((None, 2))}, {})
    return loss


def test_orthogonal_rows_are_coded_by_soft_thresholds():
    dictionary = np.diag([1.0, 2.0, 1.0])
    # Products 3, -2 and 0.1 less 0.5, towards zero, over squares 1, 4 and 1.
    found = sparse_code(dictionary, np.array([[3.0, -1.0, 0.1]]), 0.5)
    np.testing.assert_allclose(found, [[2.5, -0.375, 0.0]], atol=1e-9)


def test_code_is_that_of_another_solver():
    linear_model = pytest.importorskip("sklearn.linear_model")
    dictionary = RANDOM.normal(size=(4, 6))
    targets = RANDOM.normal(size=(2, 6))
    for code, target in zip(sparse_code(dictionary, targets, 0.6), targets):
        lasso = linear_model.Lasso(0.1, fit_intercept=False, tol=1e-10)
        lasso.fit(dictionary.T, target)  # Divides the square by 6 features.
        np.testing.assert_allclose(code, lasso.coef_, atol=1e-6)


def test_an_unseen_class_lies_where_its_attributes_say():
    loss = built()
    np.testing.assert_allclose(loss.relations, [[1.0, 1.0]])
    features = np.array([[1, 0], [3, 0], [0, 4], [0, 6]], "float32")
    loss.adapt({"t": features}, np.array([0, 0, 1, 1]))
    # Means (2, 0) and (0, 5); deviations 1 within, of half of the examples.
    np.testing.assert_allclose(loss.centres, [[2.0, 5.0]])
    np.testing.assert_allclose(loss.deviation, [0.5**0.5] * 2, rtol=1e-6)


def test_is_the_cross_entropy_of_the_unseen_class():
    loss = built()
    loss.centres.assign([[2.0, 5.0]])
    kernel = [[0.0, 0.0, 1.0], [0.0, 0.0, 0.2]]
    loss._untracked.head.kernel.assign(kernel)
    # Logits 0, 0 and 3, without noise.
    found = loss({"t": np.zeros((4, 2), "float32")}, {})
    expected = np.log(2 + np.exp(3)) - 3
    np.testing.assert_allclose(found, [expected] * 4, rtol=1e-6)


def test_virtual_examples_scatter_as_seen_ones_do(monkeypatch):
    loss = built()
    seen = []

    def logits(head, x):
        seen.append(x)
        return x @ np.eye(2, 3)

    monkeypatch.setattr(taps, "class_logits", logits)
    loss.centres.assign([[2.0, 5.0]])
    loss.deviation.assign([0.5, 3.0])
    loss({"t": np.zeros((4000, 2), "float32")}, {})
    drawn = np.asarray(seen[0])
    np.testing.assert_allclose(drawn.mean(0), [2, 5], atol=0.2)
    np.testing.assert_allclose(drawn.std(0), [0.5, 3], rtol=0.1)


def test_extreme_features_stay_finite():
    loss = built()
    for scale in (1e-8, 1e4):
        features = np.float32(scale) * RANDOM.normal(size=(4, 2))
        loss.adapt({"t": features}, np.array([0, 0, 1, 1]))
        found = loss({"t": features.astype("float32")}, {})
        assert np.all(np.isfinite(found))


@pytest.mark.parametrize("labels", [None, [0, 0, -1, -1]])
def test_a_seen_class_without_examples_is_told(labels):
    with pytest.raises(InputError, match="Every seen class needs an example"):
        built().adapt({"t": np.zeros((4, 2))}, labels)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"unseen": ()}, "some of the classes 0 to 2"),
        ({"unseen": (0, 1, 2)}, "and not all"),
        ({"unseen": (3,)}, "some of the classes"),
        ({"unseen": (2, 2)}, "once"),
        ({"penalty": -1.0}, "penalty must be a finite"),
        ({"attributes": ()}, "one row a class"),
        ({"attributes": ((1.0,), (1.0, 2.0))}, "one row a class"),
        ({"attributes": ((1.0,), (float("nan"),))}, "finite numbers"),
        ({"width": 3}, "classifier must map"),
        ({"classes": 4}, "classifier must map"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        built(**wrong)
