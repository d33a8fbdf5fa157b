import sys

import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ClusterTargets

RANDOM = np.random.default_rng(0)
pytest.importorskip("sklearn")


def built(width=2, clusters=2, **arguments):
    loss = ClusterTargets(teacher_tap="t", student_tap="s", **arguments)
    loss.setup(
        {"t": keras.KerasTensor((None, width))},
        {"s": keras.KerasTensor((None, clusters))},
    )
    return loss


def test_is_the_cross_entropy_of_the_nearest_centre():
    loss = built()
    loss.centres.assign([[0.0, 0.0], [4.0, 0.0]])
    teacher = np.array([[1.0, 1.0], [3.0, -1.0], [9.0, 0.0]], "float32")
    np.testing.assert_array_equal(loss.assign(teacher), [0, 1, 1])
    student = np.log(np.array([[1, 3], [1, 3], [1, 1]], "float32"))
    expected = -np.log([1 / 4, 3 / 4, 1 / 2])
    found = loss({"t": teacher}, {"s": student})
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_centres_are_the_means_of_groups_that_lie_apart():
    groups = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    shifts = RANDOM.normal(size=(8, 1, 2))
    features = (groups + shifts).reshape(-1, 2).astype("float32")
    loss = built(clusters=3)
    loss.adapt({"t": features}, None)
    found = sorted(np.round(loss.centres.numpy() - shifts.mean(0), 4).tolist())
    np.testing.assert_allclose(found, sorted(groups.tolist()), atol=1e-4)
    ids = loss.assign(features).numpy().reshape(8, 3)
    assert np.all(ids == ids[0])
    assert sorted(ids[0]) == [0, 1, 2]


def test_directions_can_be_clustered():
    features = np.array([[1, 0], [50, 1], [0, 1], [1, 50]], "float32")
    loss = built(normalize=True)
    loss.adapt({"t": features}, None)
    first, second, third, fourth = loss.assign(features).numpy()
    assert first == second != third == fourth


def test_gradient_agrees_with_finite_differences():
    loss = built(clusters=3, dtype="float64")
    loss.centres.assign(RANDOM.normal(size=(3, 2)))
    teacher = {"t": RANDOM.normal(size=(4, 2))}
    assert_gradient(
        lambda s: loss(teacher, {"s": s}), RANDOM.normal(size=(4, 3))
    )


def test_fewer_examples_than_clusters_are_told():
    with pytest.raises(InputError, match="3 clusters need as many examples"):
        built(clusters=3).adapt({"t": np.zeros((2, 2), "float32")}, None)


def test_a_missing_scikit_learn_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(InputError, match=r"pip install 'tfkd\[data\]'"):
        built().adapt({"t": np.zeros((2, 2), "float32")}, None)


def test_a_tap_of_unknown_size_is_told():
    with pytest.raises(InputError, match="have a known size"):
        built(width=None)


def test_dense_logits_are_our_error():
    loss = ClusterTargets(teacher_tap="t", student_tap="s")
    taps = {name: keras.KerasTensor((None, 4, 4, 2)) for name in "ts"}
    with pytest.raises(InputError, match="classes of whole examples"):
        loss.setup(taps, taps)
