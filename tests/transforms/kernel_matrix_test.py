import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.transforms import KernelMatrix

# Directions (1, 0) and (3, 4) / 5, of cosine 3/5.
X = np.array([[2.0, 0.0], [3.0, 4.0]], "float32")


def test_the_truncated_series_by_hand():
    # g = 1/2: e^-1 (1 + x.y + (x.y)^2 / 2); 5/2 for 1 and 1.78 for 3/5.
    found = KernelMatrix(gamma=0.5, order=2)(X)
    expected = np.exp(-1) * np.array([[2.5, 1.78], [1.78, 2.5]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_many_terms_are_the_gaussian():
    # ||x - y||^2 = 2 - 2 * 3/5 = 4/5 for unit vectors.
    found = KernelMatrix(gamma=0.4, order=12)(X)
    expected = np.exp(-0.4 * np.array([[0, 0.8], [0.8, 0]]))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("kernel", "normalize", "expected"),
    [
        ("bilinear", True, [[1, 0.6], [0.6, 1]]),
        ("bilinear", False, [[4, 6], [6, 25]]),
        ("mmd", True, [[0, 0.8**0.5], [0.8**0.5, 0]]),
        # (1, 4) is the difference.
        ("mmd", False, [[0, 17**0.5], [17**0.5, 0]]),
    ],
)
def test_the_other_kernels_by_hand(kernel, normalize, expected):
    found = KernelMatrix(kernel, normalize=normalize)(X)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kernel", ["rbf", "bilinear", "mmd"])
def test_gradient_agrees_with_finite_differences(kernel):
    random = np.random.default_rng(0)
    transform = KernelMatrix(kernel, dtype="float64")
    weights = random.normal(size=(4, 4))
    assert_gradient(
        lambda x: transform(x) * weights, random.normal(size=(4, 3))
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel": "rdf"}, "no kernel named 'rdf'"),
        ({"gamma": 0.0}, "gamma > 0"),
        ({"order": 0}, "whole order >= 1"),
        ({"order": 1.5}, "whole order >= 1"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        KernelMatrix(**wrong)


def test_batches_of_one_are_told():
    loss = FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=KernelMatrix(),
        student_transform=KernelMatrix(),
    )
    assert loss.pairwise
