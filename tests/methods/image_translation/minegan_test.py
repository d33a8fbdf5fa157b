import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import critics
from tfkd.models import generator

RANDOM = np.random.default_rng(0)
Z = RANDOM.normal(size=(4, 3)).astype("float32")
IMAGES = RANDOM.uniform(0, 1, (4, 4, 4, 1)).astype("float32")


def network():
    return generator.build(
        (4, 4, 1), noise_size=3, value_range=(0.0, 1.0), filters=(2, 2)
    )


def miner(outputs=3):
    noise = keras.Input((3,))
    return keras.Model(noise, keras.layers.Dense(outputs)(noise))


def build(**arguments):
    arguments = {
        "teacher": network(),
        "student": miner(),
        "critic_filters": (3,),
        **arguments,
    }
    return methods.get("minegan").build(**arguments)


def test_the_game_is_of_what_the_generator_makes_of_mined_noise():
    teacher, student = network(), miner()
    model = build(
        teacher=teacher,
        student=student,
        gradient_penalty=0.0,
        adversarial_weight=0.5,
    )
    # The critic moves before the miner's loss: here it stays.
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    critic = model.distillation_losses[0].critic
    made = teacher(student(Z), training=False)
    fake = np.asarray(critic(made))[:, 0]
    real = np.asarray(critic(IMAGES))[:, 0]
    # -s of the miner, and s - t of the critic.
    expected = 0.5 * (-fake + fake - real).mean()
    logs = model.train_on_batch(Z, IMAGES, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_only_miner_and_critic_move():
    teacher, student = network(), miner()
    known = critics.maps((None, 4, 4, 1), filters=(3,))
    before = teacher.get_weights(), known.get_weights(), student.get_weights()
    model = build(teacher=[teacher, known], student=student)
    model.compile("sgd", run_eagerly=True)
    model.train_on_batch(Z, IMAGES)
    critic = model.distillation_losses[0].critic
    for network_, then in ((teacher, before[0]), (known, before[1])):
        for a, b in zip(network_.get_weights(), then, strict=True):
            np.testing.assert_array_equal(a, b)
    assert not np.allclose(student.get_weights()[0], before[2][0])
    assert not np.allclose(critic.get_weights()[0], before[1][0])


def test_a_copy_of_the_generator_is_tuned_after_the_miner():
    teacher, student = network(), miner()
    model = build(teacher=teacher, student=student, tuned=True)
    copy = model.network.get_layer("generator").model
    before = teacher.get_weights()
    for a, b in zip(copy.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    model.compile("sgd", run_eagerly=True)
    mined = student.get_weights()[0]
    model.train_on_batch(Z, IMAGES)
    for a, b in zip(teacher.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.allclose(student.get_weights()[0], mined)
    moved = [v for v in copy.trainable_variables if v.path.endswith("kernel")]
    kernels = {v.path: np.asarray(v) for v in teacher.trainable_variables}
    assert moved
    for variable in moved:
        assert not np.array_equal(variable, kernels[variable.path])
    np.testing.assert_allclose(
        model.network(Z)["image"], copy(student(Z)), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": miner(2)}, "the noise of the generator"),
        ({"teacher": None}, "keras.Models"),
        ({"kind": "other"}, "kind of adversarial loss"),
        ({"gradient_penalty": -1.0}, "gradient_penalty"),
        ({"adversarial_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
