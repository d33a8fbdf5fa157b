import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tests.parity.adapters.helpers import evaluate
from tfkd.errors import InputError
from tfkd.losses import WeightedChannels

RANDOM = np.random.default_rng(0)


def loss(dtype="float64"):
    return WeightedChannels(teacher_tap="t", student_tap="s", dtype=dtype)


def tensors(teacher=(3, 2, 2, 4), student=(3, 2, 2, 5)):
    return (
        {"t": RANDOM.normal(size=teacher)},
        {"s": RANDOM.normal(size=student)},
    )


def per_example(part, teacher, student):
    return np.asarray(part(teacher, student))


def channel_errors(part, target, own):
    kernel, bias = (np.array(w) for w in part.regressor.weights)
    return ((own @ kernel + bias - target) ** 2).mean(axis=(1, 2))


def test_starts_as_the_mean_over_channels_times_where():
    part, (teacher, student) = loss(), tensors()
    evaluate(part, teacher, student)
    # u = mean over positions; lambda = relu6(v . u + 1), w_c = 1/4.
    pooled = teacher["t"].mean(axis=(1, 2))
    kernel = np.array(part.where.kernel)
    where = np.clip(pooled @ kernel + 1.0, 0.0, 6.0)[:, 0]
    errors = channel_errors(part, teacher["t"], student["s"])
    np.testing.assert_allclose(
        per_example(part, teacher, student), where * errors.mean(axis=1)
    )


def test_what_weights_channels_by_a_softmax():
    part, (teacher, student) = loss(), tensors()
    evaluate(part, teacher, student)
    part.where.kernel.assign(np.zeros((4, 1)))
    part.where.bias.assign([2.0])
    # A softmax of (ln 1, ln 2, ln 3, ln 4) is (0.1, 0.2, 0.3, 0.4).
    part.what.bias.assign(np.log([1.0, 2.0, 3.0, 4.0]))
    errors = channel_errors(part, teacher["t"], student["s"])
    np.testing.assert_allclose(
        per_example(part, teacher, student),
        2.0 * errors @ [0.1, 0.2, 0.3, 0.4],
        rtol=1e-6,
    )


def test_where_ends_at_zero_and_at_six():
    part, (teacher, student) = loss(), tensors()
    evaluate(part, teacher, student)
    part.where.kernel.assign(np.zeros((4, 1)))
    found = []
    for bias in (-1.0, 6.0, 50.0):
        part.where.bias.assign([bias])
        found.append(per_example(part, teacher, student))
    np.testing.assert_array_equal(found[0], np.zeros(3))
    np.testing.assert_array_equal(found[1], found[2])


@pytest.mark.parametrize(
    ("size", "resized"),
    [
        # Half-pixel centres: 1x1 is repeated; of 4x4, the two of each axis
        # that are next to an output's centre (0.5, 2.5) count half.
        ((1, 1), lambda t: np.tile(t, (1, 2, 2, 1))),
        (
            (4, 4),
            lambda t: (
                (
                    t[:, 0::2, 0::2]
                    + t[:, 1::2, 0::2]
                    + t[:, 0::2, 1::2]
                    + t[:, 1::2, 1::2]
                )
                / 4
            ),
        ),
    ],
)
def test_the_teachers_map_is_resized_to_the_students(size, resized):
    part = loss()
    teacher, student = tensors(teacher=(3, *size, 4))
    evaluate(part, teacher, student)
    part.where.kernel.assign(np.zeros((4, 1)))
    errors = channel_errors(part, resized(teacher["t"]), student["s"])
    np.testing.assert_allclose(
        per_example(part, teacher, student), errors.mean(axis=1), rtol=1e-5
    )


def test_gradient():
    part, (teacher, student) = loss(), tensors()
    evaluate(part, teacher, student)
    assert_gradient(lambda s: part(teacher, {"s": s}), student["s"])


def test_round_trip():
    part = loss()
    config = keras.saving.serialize_keras_object(part)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == part.get_config()


@pytest.mark.parametrize("shape", [(3, 5), (None, None, None, 5)])
def test_what_is_no_map_of_known_size_is_our_error(shape):
    specs = [keras.KerasTensor((3, 2, 2, 4)), keras.KerasTensor(shape)]
    with pytest.raises(InputError, match="of known size"):
        loss().setup({"t": specs[0]}, {"s": specs[1]})
