import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import generator

RANDOM = np.random.default_rng(0)
Z = RANDOM.normal(size=(4, 3)).astype("float32")
IMAGES = RANDOM.uniform(0, 1, (4, 4, 4, 1)).astype("float32")


def network(filters=(2, 2), shape=(4, 4, 1)):
    return generator.build(
        shape, noise_size=3, value_range=(0.0, 1.0), filters=filters
    )


def build(**arguments):
    arguments = {
        "teacher": network((4, 4)),
        "student": network(),
        "critic_filters": (3,),
        **arguments,
    }
    return methods.get("gan_compress_aguinaldo").build(**arguments)


def test_noise_alone_is_enough_for_squared_errors_of_pixels():
    teacher, student = network((4, 4)), network()
    model = build(teacher=teacher, student=student, weight=2.0)
    model.compile("sgd", run_eagerly=True)
    wanted = np.asarray(teacher(Z, training=False))
    found = np.asarray(student(Z, training=True))
    logs = model.train_on_batch(Z, return_dict=True)
    np.testing.assert_allclose(
        logs["loss"], 2 * ((wanted - found) ** 2).mean(), rtol=1e-5
    )


def test_the_game_is_against_images_of_any_other_noise():
    student = network()
    model = build(student=student, adversarial_weight=0.5, kind="lsgan")
    model.compile("sgd", run_eagerly=True)
    _, game = model.distillation_losses
    found = np.asarray(student(Z, training=True))
    fake = np.asarray(game.critic(found))[:, 0]
    real = np.asarray(game.critic(IMAGES))[:, 0]
    # (s - 1)^2 + ((t - 1)^2 + s^2) / 2
    expected = (fake - 1) ** 2 + ((real - 1) ** 2 + fake**2) / 2
    logs = model.train_on_batch(Z, IMAGES, return_dict=True)
    np.testing.assert_allclose(logs["adversarial"], expected.mean(), rtol=1e-4)
    np.testing.assert_allclose(
        logs["loss"], logs["pixels"] + 0.5 * logs["adversarial"], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": network(shape=(8, 8, 1))}, "tensors of one shape"),
        ({"teacher": "generator"}, "keras.Models"),
        ({"kind": "other", "adversarial_weight": 1.0}, "kind of adversarial"),
        ({"weight": -1.0}, "weight must be"),
        ({"adversarial_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
