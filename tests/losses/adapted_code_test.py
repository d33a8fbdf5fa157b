import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.distances import LpDistance
from tfkd.errors import InputError
from tfkd.losses import AdaptedCode

RANDOM = np.random.default_rng(0)
TEACHER = {"t": RANDOM.uniform(size=(2, 3, 3, 4)).astype("float32")}
STUDENT = {"s": RANDOM.uniform(size=(2, 3, 3, 2)).astype("float32")}


def built(steps=2, **arguments):
    keras.utils.set_random_seed(0)
    loss = AdaptedCode(
        teacher_tap="t",
        student_tap="s",
        paraphraser_steps=steps,
        **arguments,
    )
    loss.setup(
        {"t": keras.KerasTensor((None, 3, 3, 4))},
        {"s": keras.KerasTensor((None, 3, 3, 2))},
    )
    return loss


def unit(x):
    x = np.asarray(x, "float64")
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(length > 0, length, 1)


def test_the_first_stage_reconstructs_from_a_sparse_code():
    loss = built(code_penalty=0.5)
    code = np.asarray(loss.paraphraser.encoder(TEACHER["t"]), "float64")
    copy = np.asarray(loss.paraphraser.decoder(np.float32(code)), "float64")
    expected = np.mean((copy - TEACHER["t"]) ** 2, axis=(1, 2, 3))
    expected = expected + 0.5 * np.mean(np.abs(code), axis=(1, 2, 3))
    np.testing.assert_allclose(loss(TEACHER, STUDENT, step=1), expected, 1e-5)


@pytest.mark.parametrize("p", [1, 2])
def test_then_codes_of_positions_and_affinities_agree(p):
    loss = built(0, p=p, code_weight=3.0, affinity_weight=2.0)
    code = unit(loss.frozen(TEACHER["t"])).reshape(2, 9, -1)
    own, other = (
        unit(adapter(STUDENT["s"])).reshape(2, 9, -1)
        for adapter in (loss.code_adapter, loss.affinity_adapter)
    )
    expected = 3 * np.linalg.norm(code - own, p, axis=-1).mean(-1)
    gap = code @ code.swapaxes(1, 2) - other @ other.swapaxes(1, 2)
    expected = expected + 2 * np.linalg.norm(gap, axis=-1).mean(-1)
    np.testing.assert_allclose(loss(TEACHER, STUDENT, step=1), expected, 1e-4)


def test_without_affinities_there_is_one_adapter():
    loss = built(0, affinity_weight=0.0)
    assert not hasattr(loss, "affinity_adapter")
    both = built(0, affinity_weight=1.0)
    assert len(both.weights) == len(loss.weights) + 2


def test_gradients_are_finite_where_the_student_is_silent():
    loss = built(0)
    with tf.GradientTape() as tape:
        silent = {"s": tf.zeros((2, 3, 3, 2))}
        tape.watch(silent["s"])
        value = tf.reduce_sum(loss(TEACHER, silent, step=1))
    variables = [v.value for v in loss.trainable_variables]
    for gradient in tape.gradient(value, [silent["s"], *variables]):
        assert gradient is None or np.all(np.isfinite(gradient))


@pytest.mark.parametrize("scale", [1e-8, 1e4])
def test_does_not_depend_on_the_scale_of_the_code(scale):
    loss = built(0)
    # The frozen translator has no bias yet: its code scales with the tap.
    np.testing.assert_allclose(
        loss({"t": scale * TEACHER["t"]}, STUDENT, step=1),
        loss(TEACHER, STUDENT, step=1),
        rtol=1e-4,
    )


def test_config_round_trip():
    loss = built(p=2, code_penalty=0.1, affinity_weight=0.0)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    "wrong",
    [{"p": 3}, {"code_penalty": -1.0}, {"affinity_weight": float("nan")}],
)
def test_rejects_arguments(wrong):
    with pytest.raises(InputError, match="needs p of 1 or 2"):
        built(**wrong)


def test_a_distance_is_not_ignored():
    with pytest.raises(InputError, match="takes no distance"):
        built(distance=LpDistance())


def test_rejects_vectors():
    loss = AdaptedCode(teacher_tap="t", student_tap="s", paraphraser_steps=1)
    with pytest.raises(InputError, match="needs a tap of shape"):
        loss.setup(
            {"t": keras.KerasTensor((None, 3))},
            {"s": keras.KerasTensor((None, 3))},
        )
