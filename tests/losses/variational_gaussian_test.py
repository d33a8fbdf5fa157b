import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import VariationalGaussian


def built(channels=(1, 1), **arguments):
    loss = VariationalGaussian(teacher_tap="t", student_tap="s", **arguments)
    loss.setup(
        {"t": keras.KerasTensor((None, channels[0]))},
        {"s": keras.KerasTensor((None, channels[1]))},
    )
    return loss


def identity(loss):
    for kernel in loss.mean.kernels:
        kernel.assign(np.eye(*kernel.shape))
    return loss


def test_is_the_gaussian_log_likelihood_written_out():
    loss = identity(built((2, 2), initial_variance=2.0))
    teacher = {"t": np.array([[1.0, 5.0]], "float32")}
    student = {"s": np.array([[3.0, 4.0]], "float32")}
    # Squares 4 and 1 over 2, and twice log 2; halved, averaged over two.
    expected = 0.5 * ((2 + np.log(2)) + (0.5 + np.log(2))) / 2
    np.testing.assert_allclose(loss(teacher, student), [expected], rtol=1e-6)
    loss.reduce = "sum"
    np.testing.assert_allclose(loss(teacher, student), [2 * expected], 1e-6)


def test_best_variance_is_the_mean_squared_error():
    teacher = {"t": np.array([[1.0], [2.0], [5.0]], "float32")}
    student = {"s": np.array([[2.0], [2.0], [2.0]], "float32")}
    # Mean squared error (1 + 0 + 9) / 3.
    values = {
        variance: float(
            np.mean(
                identity(built(initial_variance=variance))(teacher, student)
            )
        )
        for variance in (2.0, 10 / 3, 6.0)
    }
    assert min(values, key=values.get) == 10 / 3


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    teacher = {"t": random.normal(size=(2, 3))}
    loss = identity(built((3, 2), dtype="float64"))
    student = random.uniform(0.5, 1, (2, 2))
    assert_gradient(lambda s: loss(teacher, {"s": s}), student)


def test_is_finite_at_extremes():
    loss = identity(built())
    for scale in (-1e3, 0.0, 1e3):
        loss.log_scale.assign([scale])
        for value in (1e-8, 1e4):
            x = np.full((1, 1), value, "float32")
            found = loss({"t": -x}, {"s": x})
            assert np.all(np.isfinite(found))


def test_the_first_variance_may_be_large():
    loss = identity(built(initial_variance=1e4))
    zero = np.zeros((1, 1), "float32")
    found = loss({"t": zero}, {"s": zero})
    np.testing.assert_allclose(found, [np.log(1e4) / 2], rtol=1e-6)


def test_config_round_trip():
    loss = built(reduce="sum", initial_variance=2.0, weight=0.1)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    "wrong", [{"initial_variance": 0.0}, {"epsilon": 0.0}, {"reduce": "max"}]
)
def test_rejects_arguments(wrong):
    with pytest.raises(InputError, match="needs initial_variance"):
        built(**wrong)
