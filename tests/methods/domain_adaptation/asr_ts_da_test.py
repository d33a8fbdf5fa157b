import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError


def utterances(classes=3, name="speech"):
    """A class for each of five frames of two numbers."""
    inputs = keras.Input((5, 2))
    logits = keras.layers.Dense(classes, name="logits")(inputs)
    return keras.Model(inputs, logits, name=name)


def build(classes=3, **arguments):
    return methods.get("asr_ts_da").build(
        teacher=utterances(name="clean"),
        student=utterances(classes, name="noisy"),
        **arguments,
    )


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def test_total_is_the_papers_equation_at_every_token():
    random = np.random.default_rng(0)
    z_t, z_s = random.normal(size=(2, 4, 5, 3))
    labels = random.integers(0, 3, (4, 5))
    labels[0, 2] = -1
    p, log_s = np.exp(log_softmax(z_t)), log_softmax(z_s)
    expected = np.zeros(4)
    for example, u in np.ndindex(4, 5):
        q, y = p[example, u], labels[example, u]
        if y >= 0:
            w = q[y]
            q = w * q + (1 - w) * np.eye(3)[y]
        # With the entropy of the target, a constant.
        expected[example] += np.sum(q * (np.log(q) - log_s[example, u])) / 5
    (loss,) = build().distillation_losses
    t, s = {"logits": np.float32(z_t)}, {"logits": np.float32(z_s)}
    np.testing.assert_allclose(loss(t, s, labels), expected, rtol=1e-5)


def test_without_labels_it_is_the_unsupervised_form():
    random = np.random.default_rng(0)
    z_t, z_s = random.normal(size=(2, 4, 5, 3)).astype("float32")
    (adaptive,) = build().distillation_losses
    (plain,) = build(adaptive=False).distillation_losses
    taps = {"logits": z_t}, {"logits": z_s}
    unknown = np.full((4, 5), -1)
    np.testing.assert_allclose(
        adaptive(*taps, unknown), plain(*taps), rtol=1e-5
    )
    assert not plain.needs_labels


def test_a_teacher_that_is_wrong_is_hardly_heard():
    (loss,) = build().distillation_losses
    z_t = np.zeros((1, 5, 3), "float32") + np.float32([8, 0, 0])
    labels = np.full((1, 5), 1)
    right = np.zeros((1, 5, 3), "float32") + np.float32([0, 8, 0])
    values = [
        loss({"logits": z_t}, {"logits": z}, labels) for z in (right, z_t)
    ]
    assert float(values[0][0]) < 0.01 < 5 < float(values[1][0])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"classes": 4}, "the same classes"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
