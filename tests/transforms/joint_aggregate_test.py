import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import JointAggregate


def test_each_view_scores_its_own_labels():
    # Two views, three classes: z[view, class, label of view].
    z = np.arange(12.0, dtype="float32").reshape(1, 2, 3, 2)
    # View 0, label 0: 0, 2, 4; view 1, label 1: 7, 9, 11.
    np.testing.assert_allclose(JointAggregate()(z), [[3.5, 5.5, 7.5]])


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    weights = random.normal(size=(2, 3))
    layer = JointAggregate(dtype="float64")
    assert_gradient(
        lambda z: layer(z) * weights, random.normal(size=(2, 2, 3, 2))
    )


def test_another_shape_is_our_error():
    with pytest.raises(InputError, match="Joint logits"):
        JointAggregate()(np.zeros((1, 2, 3, 4), "float32"))
