import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import DomainClusters

# Two examples with label 0 and 1; three without, of classes 0, 0, 1.
LABELS = np.array([0, 1, -1, -1, -1])
Z = np.float32([[0, 1], [0, 1], [1, 0], [1, 0], [0, 1]])


def values(loss, h, labels=LABELS, z=Z):
    return loss({"logits": z}, {"embedding": h}, labels=labels)


def test_pairs_of_each_domain_by_hand():
    h = np.float32([[0, 0], [1, 1], [0, 0], [2, 0], [0, 1]])
    # Squares: source 1; target d_23 = 2, d_24 = 1/2, d_34 = 5/2. Margin 2.
    # Source: two pairs of other classes, (2 - 1) each, over 2^2.
    # Target: twice 2 (one class), twice 2 - 1/2, twice 0, over 3^2.
    expected = 2 * 1 / 4 + (2 * 2 + 2 * 1.5) / 9
    found = values(DomainClusters(margin=2.0), h)
    np.testing.assert_allclose(np.mean(found), expected, rtol=1e-6)


def test_no_pair_is_of_two_domains():
    h = np.zeros((5, 2), "float32")
    far = h + np.float32([0, 0, 9, 9, 9])[:, None]
    loss = DomainClusters(margin=1.0)
    np.testing.assert_allclose(values(loss, h), values(loss, far), rtol=1e-6)


@pytest.mark.parametrize("scale", [1e4, 1e-8])
def test_extreme_features_and_a_single_example_are_finite(scale):
    h = scale * np.random.default_rng(0).normal(size=(5, 3))
    assert np.all(np.isfinite(values(DomainClusters(), np.float32(h))))
    one = values(DomainClusters(), np.float32(h)[:1], LABELS[:1], Z[:1])
    np.testing.assert_array_equal(one, [0])


def test_gradient_agrees_with_finite_differences():
    h = np.random.default_rng(0).normal(size=(5, 3))
    loss = DomainClusters(margin=5.0, dtype="float64")
    assert_gradient(lambda x: values(loss, x, z=Z.astype("float64")), h)


def test_round_trip():
    loss = DomainClusters(teacher_tap="a", student_tap="b", margin=2.0)
    again = DomainClusters.from_config(loss.get_config())
    assert (again.teacher_taps, again.margin) == (("a",), 2.0)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="margin must be"):
        DomainClusters(margin=-1.0)
