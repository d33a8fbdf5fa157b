import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ClusterDifferenceTargets

RANDOM = np.random.default_rng(0)
# Two clusters, and two examples between them, of which one is nearer the
# first. The teacher takes the first three for class 0.
FEATURES = np.float32([[4, 0], [3, 1], [2, 1.6], [1.8, 2], [0, 5], [1, 4]])
ANSWERS = np.array([0, 0, 0, 1, 1, 1])
LOGITS = np.float32(2 * np.eye(2)[ANSWERS])


def built(classes=2, width=2, **arguments):
    loss = ClusterDifferenceTargets(feature_tap="h", **arguments)
    loss.setup(
        {
            "logits": keras.KerasTensor((None, classes)),
            "h": keras.KerasTensor((None, width)),
        },
        {"logits": keras.KerasTensor((None, classes))},
    )
    return loss


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def differences():
    """Eqn 4 in NumPy."""
    means = [FEATURES[k == ANSWERS].mean(axis=0) for k in (0, 1)]
    return np.array(
        [abs(cosine(means[0], h) - cosine(means[1], h)) for h in FEATURES]
    )


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def test_it_is_the_papers_difference():
    loss = built()
    loss.adapt({"logits": LOGITS, "h": FEATURES}, None)
    found = loss.difference(FEATURES)
    np.testing.assert_allclose(found, differences(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_clearest_examples_learn_mixed_targets(share):
    loss = built(examples=3, soft_share=share, temperature=2.0)
    taps = {"logits": LOGITS, "h": FEATURES}
    loss.adapt(taps, None)
    student = RANDOM.normal(size=(6, 2))
    p = softmax(student / 2)
    q = (1 - share) * np.eye(2)[ANSWERS] + share * softmax(LOGITS / 2)
    terms = q * (np.log(np.maximum(q, 1e-30)) - np.log(p))
    chosen = differences() >= np.sort(differences())[-3]
    assert chosen.sum() == 3
    assert not chosen[3]
    expected = 4 * chosen * terms.sum(axis=1)
    found = loss(taps, {"logits": np.float32(student)})
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_fewer_examples_than_asked_for_all_count():
    loss = built(examples=7)
    loss.adapt({"logits": LOGITS, "h": FEATURES}, None)
    assert np.all(loss.difference(FEATURES) >= loss.least)


def test_a_class_without_examples_is_no_cluster():
    loss = built(classes=3)
    logits = np.pad(LOGITS, [[0, 0], [0, 1]], constant_values=-9)
    loss.adapt({"logits": logits, "h": FEATURES}, None)
    found = loss.difference(FEATURES)
    np.testing.assert_allclose(found, differences(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e8])
def test_is_finite_at_extremes(scale):
    loss = built()
    taps = {"logits": scale * LOGITS, "h": scale * FEATURES}
    loss.adapt({"logits": LOGITS, "h": scale * FEATURES}, None)
    found = loss(taps, {"logits": np.float32(scale * LOGITS[::-1])})
    assert np.all(np.isfinite(found))


def test_gradient_agrees_with_finite_differences():
    loss = built(dtype="float64")
    loss.adapt({"logits": LOGITS, "h": FEATURES}, None)
    teacher = {"logits": 1.0 * LOGITS, "h": 1.0 * FEATURES}
    teacher = {k: v.astype("float64") for k, v in teacher.items()}
    assert_gradient(
        lambda s: loss(teacher, {"logits": s}), RANDOM.normal(size=(6, 2))
    )


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="examples must be"):
        built(examples=0)
    with pytest.raises(InputError, match="soft_share must be"):
        built(soft_share=1.5)
    with pytest.raises(InputError, match="a known size"):
        built(width=None)
    with pytest.raises(InputError, match="at least two classes"):
        built().adapt({"logits": 0 * LOGITS, "h": FEATURES}, None)
