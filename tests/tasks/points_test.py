import numpy as np

from tfkd.tasks import points


def test_depths_are_free():
    y = np.array([[[1.0, 2.0], [0.0, 0.0]]])
    found = np.array([[[1.0, 4.0, 9.0], [2.0, 0.0, -9.0]]])
    # Differences 0, 2, 2, 0.
    np.testing.assert_allclose(points.PlaneLoss()(y, found), 1.0, rtol=1e-6)
    deep = np.concatenate([y, np.ones((1, 2, 1))], -1)
    np.testing.assert_allclose(points.PlaneLoss()(deep, found), 1.0, rtol=1e-6)


def test_points_are_relative_to_the_middle():
    found = points.normalized([[7.5, 15.5, 4.0]], size=16)
    np.testing.assert_allclose(found, [[0.0, 1.0, 0.5]])


def test_the_model_finds_points_of_the_data():
    x, y = points.data(3)
    assert x.shape == (3, 16, 16, 1)
    assert y.shape == (3, 5, 3)
    assert np.abs(y).max() < 1.5
    assert points.model()(x).shape == y.shape
