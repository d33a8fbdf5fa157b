import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import StableSamples

NAMES = ("s", "s_2", "p", "p_2")


def made(**arguments):
    return StableSamples(own_taps=NAMES[:2], peer_taps=NAMES[2:], **arguments)


def values(loss, labels, *probabilities):
    """The loss of probabilities of the first of two classes."""
    rows = [np.array([[p, 1 - p]]) for p in probabilities]
    taps = {n: np.log(r).astype("float32") for n, r in zip(NAMES, rows)}
    return float(loss(taps, taps, labels=np.array(labels))[0])


# s, s', p, p' of the first class; threshold 0.8.
TAUGHT = {
    "the peer is sure and I am not": (0.5, 0.5, 0.9, 0.9),
    "one sure view is enough": (0.5, 0.5, 0.9, 0.6),
    "both are stable and the peer is more so": (0.9, 0.6, 0.9, 0.8),
    "I say two things": (0.9, 0.1, 0.9, 0.6),
}
NOT_TAUGHT = {
    "the peer is not sure": (0.5, 0.5, 0.7, 0.7),
    "the peer says two things": (0.5, 0.5, 0.9, 0.1),
    "both are stable and I am more so": (0.9, 0.8, 0.9, 0.6),
}


@pytest.mark.parametrize("case", TAUGHT)
def test_a_stable_peer_teaches(case):
    s, _, p, _ = TAUGHT[case]
    found = values(made(), [-1], *TAUGHT[case])
    np.testing.assert_allclose(found, (s - p) ** 2, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("case", NOT_TAUGHT)
def test_another_peer_does_not(case):
    assert values(made(), [-1], *NOT_TAUGHT[case]) == 0.0


def test_labelled_examples_are_not_taught():
    assert values(made(), [0], 0.5, 0.5, 0.9, 0.9) == 0.0


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    sure = 9 * np.eye(3)
    taps = {"s": random.normal(size=(3, 3)), "s_2": -sure}
    taps |= {"p": sure, "p_2": sure}
    loss = made(dtype="float64")
    assert_gradient(
        lambda z: loss(taps, {"s": z}, labels=np.full(3, -1)), taps["s"]
    )


def test_extreme_logits_stay_finite():
    z = 1e4 * np.random.default_rng(0).normal(size=(4, 5, 3))
    taps = dict(zip(NAMES, z.astype("float32")))
    found = made()(taps, taps, labels=np.full(5, -1))
    assert np.all(np.isfinite(found))


def test_round_trip():
    again = StableSamples.from_config(made(threshold=0.6).get_config())
    assert again.threshold == 0.6
    assert again.teacher_taps == NAMES


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="confidence of a stable example"):
        made(threshold=1.0)
    taps = {n: keras.KerasTensor((None, 3)) for n in NAMES}
    with pytest.raises(InputError, match="same classes"):
        made().setup({**taps, "p": keras.KerasTensor((None, 4))}, taps)
