import keras
import numpy as np
import pytest

from tfkd.distillers import ClassGAN

X = np.random.default_rng(0).uniform(0, 16, (12, 6, 6, 1)).astype("float32")
ROWS = np.eye(3, dtype="float32")[np.arange(12) % 3]


def build(shape=(6, 6, 1), seed=0):
    return ClassGAN(
        input_shape=shape,
        classes=3,
        value_range=(0.0, 16.0),
        noise_size=4,
        filters=(6, 4),
        seed=seed,
    )


def softplus(x):
    return np.log1p(np.exp(x))


def test_the_loss_is_the_equation_written_out():
    gan = build()
    made = np.full((12, 6, 6, 1), 4.0, "float32")
    outputs = [
        np.asarray(gan.game.critic(x / 8 - 1), "float64") for x in (X, made)
    ]
    real, fake = (out[:, 0] for out in outputs)
    names = [
        -np.sum(ROWS * np.asarray(keras.ops.log_softmax(out[:, 1:])), axis=1)
        for out in outputs
    ]
    critic = softplus(-real) + softplus(fake) + names[0] + names[1]
    generator = softplus(-fake) + names[1]
    found = gan.compute_loss(x={"inputs": X}, y=ROWS, y_pred=made)
    np.testing.assert_allclose(found, np.mean(critic + generator), rtol=1e-5)


@pytest.mark.parametrize("shape", [(6, 6, 1), (5,)])
def test_both_networks_are_trained_and_made_inputs_are_in_range(shape):
    gan = build(shape)
    x = np.random.default_rng(0).uniform(0, 16, (12, *shape))
    before = [part.get_weights() for part in (gan.generator, gan.game.critic)]
    gan.compile("adam", run_eagerly=True)
    history = gan.fit({"inputs": x, "classes": ROWS}, ROWS, verbose=0).history
    assert np.isfinite(history["loss"][0])
    for weights, part in zip(before, (gan.generator, gan.game.critic)):
        after = part.get_weights()
        assert not all(np.array_equal(b, a) for b, a in zip(weights, after))
    made = np.asarray(gan({"classes": ROWS}))
    assert made.shape == (12, *shape)
    assert 0 <= made.min() < made.max() <= 16


def test_the_class_is_an_input_of_the_generator():
    generator = build().generator
    assert generator.input_shape == (None, 4 + 3)
    noise = np.zeros((3, 4), "float32")
    made = generator(np.concatenate([noise, np.eye(3, dtype="float32")], 1))
    assert not np.array_equal(made[0], made[1])


def test_learns_to_make_what_a_class_looks_like():
    # Inputs of class 0 are near 2, of class 1 near 14: a generator of the
    # class alone is told apart by the critic's class outputs.
    keras.utils.set_random_seed(0)
    labels = np.arange(64) % 2
    rows = np.eye(3, dtype="float32")[labels]
    random = np.random.default_rng(0)
    x = np.where(labels, 14.0, 2.0)[:, None] + random.normal(size=(64, 2))
    gan = ClassGAN(
        input_shape=(2,),
        classes=3,
        value_range=(0.0, 16.0),
        noise_size=2,
        filters=(16, 16),
    )
    gan.compile(keras.optimizers.Adam(5e-3, beta_1=0.5))
    gan.fit({"inputs": x, "classes": rows}, rows, epochs=60, verbose=0)
    made = np.asarray(gan({"classes": rows}))
    assert made[labels == 0].mean() + 4 < made[labels == 1].mean()


def test_repeats_with_the_seed():
    first, again, other = (
        np.asarray(build(seed=seed)({"classes": ROWS})) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
