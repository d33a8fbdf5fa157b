import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.sources.representations_test import network
from tfkd.errors import InputError
from tfkd.sources import ClassGenerators
from tfkd.teachers import FrozenTeacher


def source(teacher=None, **arguments):
    return ClassGenerators(
        teacher or network(),
        **{
            "value_range": (0, 4),
            "generators": 2,
            "steps": 2,
            "batch_size": 8,
            "noise_size": 2,
            "filters": (6, 5),
            "decoder_units": (7,),
            **arguments,
        },
    )


def test_loss_is_the_equation_written_out():
    made = source(decoding=0.5, diversity=3.0)
    generator, decoder = made.networks(0)
    noise = np.array([[0.0, 1.0], [2.0, -1.0]], "float32")
    rows = np.array([[1, 0], [0, 1]], "float32")
    found = made.loss(generator, decoder, tf.constant(noise), rows)

    x = np.asarray(
        generator(np.hstack([noise, rows]), training=True), "float64"
    )
    z = np.asarray(made.teacher(x), "float64")
    log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
    expected = -np.mean(log_p[[0, 1], [0, 1]])
    scaled = x / 2 - 1  # [0, 4] to [-1, 1]
    read = np.asarray(decoder(scaled), "float64")
    expected += 0.5 * np.mean((noise - read) ** 2)
    # Two of four pairs are unlike: (4 + 4) / 2 times their mean difference.
    apart = np.mean(np.abs(scaled[0] - scaled[1]))
    expected += 3 * np.exp(-2 * 4 * apart / 4)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_teacher_comes_to_see_the_classes():
    teacher = network()
    made = source(teacher, steps=150, learning_rate=0.02, generators=1)
    images, labels = made.make(20)
    answers = np.argmax(teacher.predict(images, verbose=0), -1)
    assert np.mean(answers == labels) > 0.9


def test_images_are_of_all_classes_in_range_and_of_all_generators():
    made = source()
    images, labels = made.make(6)
    assert len(made.generators) == 2
    np.testing.assert_array_equal(labels, [0, 1, 0, 1, 0, 1])
    assert images.shape == (6, 3)
    assert images.min() >= 0
    assert images.max() <= 4
    weights = [g.get_weights()[0] for g in made.generators]
    assert not np.array_equal(*weights)
    # The second round of classes is the second generator's.
    made.generators[1].set_weights(
        [np.zeros_like(w) for w in made.generators[1].get_weights()]
    )
    again, _ = made.make(6)
    same = np.all(again == images, axis=1)
    np.testing.assert_array_equal(same, [1, 1, 0, 0, 1, 1])


def test_repeats_with_the_seed():
    first, again, other = (source(seed=s).make(4)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_teacher_may_have_preprocessing():
    model = network()
    plain = source(model)
    scaled = source(
        FrozenTeacher(model, preprocessing=keras.layers.Rescaling(3.0))
    )
    generator, decoder = plain.networks(0)
    noise = tf.ones((2, 2))
    rows = tf.eye(2)
    losses = [
        float(made.loss(generator, decoder, noise, rows))
        for made in (plain, scaled)
    ]
    assert losses[0] != losses[1]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"generators": 0}, "generators must be"),
        ({"batch_size": 1}, "batch_size must be"),
        ({"decoding": -1.0}, "decoding must be"),
        ({"learning_rate": 0.0}, "learning_rate must be"),
        ({"value_range": (1, 0)}, "low < high"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        source(**wrong)
