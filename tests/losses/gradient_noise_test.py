import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import GradientNoise
from tfkd.teachers import SelfTeacher

X = np.zeros((4, 5), "float32")


def trained(steps=1, **arguments):
    """The moves of all weights at a rate of 1, by nothing but noise."""
    student = dense((40,))
    before = student.get_weights()
    noise = GradientNoise(**arguments)
    model = Distiller(
        student=student,
        teacher=SelfTeacher(),
        distillation_losses=noise,
        student_loss_weight=0.0,
    )
    model.compile(keras.optimizers.SGD(1.0), jit_compile=False)
    moves = []
    for _ in range(steps):
        assert model.train_on_batch(X, return_dict=True)["loss"] == 0.0
        after = student.get_weights()
        moves.append(
            np.concatenate([np.ravel(a - b) for a, b in zip(after, before)])
        )
        before = after
    return moves


def test_the_gradient_is_noise_of_the_stated_deviation():
    (move,) = trained(scale=8.0, decay=0.5)
    # 404 weights: 8 / sqrt(1 + 1) / 4 examples, within four errors.
    expected = 8 / np.sqrt(2) / 4
    assert abs(move.std() / expected - 1) < 4 / np.sqrt(2 * len(move))
    assert abs(move.mean()) < 4 * expected / np.sqrt(len(move))


def test_every_step_has_noise_of_its_own_and_a_seed_repeats_it():
    first, second = trained(steps=2)
    again = trained(steps=2)
    other = trained(seed=1)
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(first, again[0])
    np.testing.assert_array_equal(second, again[1])
    assert not np.allclose(first, other[0])


def test_it_fades_over_epochs():
    noise = GradientNoise()
    noise.setup({}, {})
    found = []
    for epoch in (1, 2, 9):
        noise.epoch.assign(epoch)
        found.append(float(noise.deviation()))
    expected = [0.3 / (1 + epoch) ** 0.55 for epoch in (1, 2, 9)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_dense_outputs_have_one_value_an_example():
    loss = GradientNoise()
    outputs = {"outputs": np.zeros((4, 3, 3, 2), "float32")}
    loss.setup({}, {"outputs": keras.KerasTensor((None, 3, 3, 2))})
    np.testing.assert_array_equal(loss({}, outputs), np.zeros(4))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="scale must be"):
        GradientNoise(scale=-1.0)
    with pytest.raises(InputError, match="decay must be"):
        GradientNoise(decay=-1.0)
