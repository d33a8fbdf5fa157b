import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import soft_text

SIZES = {"length": 4, "vocabulary": 6}


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments = {
        "teacher": soft_text.autoencoder(**SIZES, width=3, code=4),
        "student": soft_text.generator(**SIZES, noise=2, width=3),
        "critic_filters": (),
        **arguments,
    }
    return methods.get("textkd_gan").build(**arguments)


def test_is_a_wasserstein_game_over_soft_texts():
    (game,) = build(weight=0.5, gradient_penalty=3.0).distillation_losses
    random = np.random.default_rng(0)
    t, s = random.dirichlet(np.ones(6), (2, 3, 4)).astype("float32")
    kernel = np.asarray(game.critic.weights[0])
    score_t, score_s = (x.reshape(3, -1) @ kernel for x in (t, s))
    # A linear critic has the gradient `kernel` everywhere; L_D + L_G leave
    # of the scores -D(A(x)).
    penalty = 3 * (np.linalg.norm(kernel) - 1) ** 2
    expected = score_s - score_t + penalty - score_s
    found = game({"probabilities": t}, {"probabilities": s}, step=0)
    np.testing.assert_allclose(found, expected[:, 0], rtol=1e-4, atol=1e-5)
    assert float(game.weight(0)) == 0.5
    assert build(critic_steps=5).critic_steps == 5


def test_every_step_has_noise_of_its_own():
    model = build()
    zeros = np.zeros((3, 2), "float32")
    first, second = (
        np.asarray(model(zeros, training=True)["probabilities"])
        for _ in range(2)
    )
    assert not np.allclose(first, second)
    quiet = build(noise=0.0)
    rows = np.asarray(quiet(zeros, training=True)["probabilities"])
    np.testing.assert_array_equal(rows[0], rows[1])


def test_made_texts_have_the_words_of_real_ones():
    model = build(teacher=soft_text.one_hot(**SIZES), critic_filters=(16,))
    model.compile(keras.optimizers.Adam(0.01, beta_1=0.5))
    tokens = np.full((64, 4), 5, "int32")
    x = {"student": np.zeros((64, 2), "float32"), "teacher": tokens}
    noise = np.random.default_rng(0).normal(size=(32, 2))

    def share():
        return model.student.predict(noise, verbose=0)[..., 5].mean()

    before = share()
    model.fit(x, epochs=20, batch_size=16, verbose=0)
    assert share() > 2 * before


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": soft_text.one_hot(length=5, vocabulary=6)}, "of one len"),
        ({"teacher_tap": "none"}, "none"),
        ({"noise": -1.0}, "stddev must be"),
        ({"gradient_penalty": -1.0}, "gradient_penalty"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)


def test_texts_must_be_sequences():
    inputs = keras.Input((4,))
    name = "probabilities"
    flat = keras.Model(inputs, keras.layers.Dense(3, name=name)(inputs))
    with pytest.raises(InputError, match="critic of sequences"):
        build(teacher=flat, student=flat)
