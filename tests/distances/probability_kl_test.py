import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.distances import ProbabilityKL
from tfkd.errors import InputError

TEACHER = np.array([[0.5, 0.5, 0.0]], "float32")
STUDENT = np.array([[0.25, 0.25, 0.5]], "float32")


@pytest.mark.parametrize(("reduce", "share"), [("sum", 1), ("mean", 1 / 3)])
def test_is_the_divergence_from_the_teacher(reduce, share):
    found = ProbabilityKL(reduce=reduce).call(TEACHER, STUDENT)
    np.testing.assert_allclose(found, [share * np.log(2)], rtol=1e-6)


def test_roles_matter_and_zeros_stay_finite():
    # 1/2 log 1/2 + 1/2 log(1/2 / 1e-7).
    found = ProbabilityKL().call(STUDENT, TEACHER)
    expected = 0.5 * np.log(0.5) + 0.5 * np.log(0.5 / 1e-7)
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    teacher, student = random.dirichlet([1, 1, 1], (2, 4))
    distance = ProbabilityKL(dtype="float64")
    assert_gradient(lambda s: distance.call(teacher, s), student)


@pytest.mark.parametrize("wrong", [{"epsilon": 0.0}, {"reduce": "max"}])
def test_rejects_arguments(wrong):
    with pytest.raises(InputError, match="ProbabilityKL needs"):
        ProbabilityKL(**wrong)
