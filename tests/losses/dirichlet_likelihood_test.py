import keras
import numpy as np
import pytest
from scipy import special
from scipy import stats

from tests.gradients import assert_gradient
from tests.parity.adapters.helpers import evaluate
from tfkd.errors import InputError
from tfkd.losses import DirichletLikelihood
from tfkd.losses.dirichlet_likelihood import negative_log_dirichlet

TAPS = ("0/logits", "1/logits")


def loss(**arguments):
    return DirichletLikelihood(
        teacher_taps=TAPS, **{"dtype": "float64", **arguments}
    )


def test_is_the_likelihood_of_two_teachers():
    # alpha = (1, 2), so Dir(p) = Gamma(3) / (Gamma(1) Gamma(2)) p_2 = 2 p_2.
    # Teachers (1/4, 3/4) and (1/2, 1/2), each (1 - e) p + e / 2 with e = 0.2:
    # p_2 = 0.8 * 0.75 + 0.1 = 0.7 and 0.5.
    teachers = {
        TAPS[0]: np.array([[0.0, np.log(3.0)]]),
        TAPS[1]: np.zeros((1, 2)),
    }
    student = {"logits": np.array([[0.0, np.log(2.0)]])}
    expected = -(np.log(2 * 0.7) + np.log(2 * 0.5)) / 2
    found = evaluate(loss(smoothing=0.2), teachers, student)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    # T = 2 halves the logits of both sides.
    halves = {name: 2 * value for name, value in teachers.items()}
    found = evaluate(
        loss(smoothing=0.2, temperature=2.0),
        halves,
        {"logits": 2 * student["logits"]},
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-3, 0.1, 1.0, 7.9, 8.1, 50.0, 1e4])
def test_agrees_with_scipy_for_small_and_large_concentrations(scale):
    random = np.random.default_rng(0)
    alpha = scale * random.uniform(0.5, 2.0, (5, 4))
    p = random.dirichlet(np.ones(4), 5)
    expected = [-stats.dirichlet(a).logpdf(q) for a, q in zip(alpha, p)]
    found = negative_log_dirichlet(np.log(alpha), np.log(p))
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7)
    found = negative_log_dirichlet(
        np.log(alpha).astype("float32"), np.log(p).astype("float32")
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-5)


def test_no_digits_cancel_in_float32():
    # ln Gamma of 1e6 is 1e7, whose float32 is 1 apart from its neighbours.
    alpha = 1e6 * np.array([[0.25, 0.25, 0.5]])
    log_p = np.log(np.array([[0.25, 0.25, 0.5]]))
    expected = np.sum(special.gammaln(alpha)) - special.gammaln(1e6)
    expected -= np.sum((alpha - 1) * log_p)
    found = negative_log_dirichlet(
        np.log(alpha).astype("float32"), log_p.astype("float32")
    )
    np.testing.assert_allclose(found, [expected], atol=0.3)
    assert expected < -10


def test_gradient():
    random = np.random.default_rng(0)
    teachers = {name: random.normal(size=(3, 4)) for name in TAPS}
    part = loss(temperature=2.0)
    student = random.normal(size=(3, 4)) + np.array([[-4.0], [0.0], [8.0]])
    evaluate(part, teachers, {"logits": student})
    assert_gradient(lambda s: part(teachers, {"logits": s}), student)


def test_round_trip():
    part = loss(temperature=2.0, smoothing=0.01)
    config = keras.saving.serialize_keras_object(part)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == part.get_config()


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="at least one teacher tap"):
        DirichletLikelihood(teacher_taps=())
    for smoothing in (0.0, 1.0, float("nan")):
        with pytest.raises(InputError, match="smoothing must be"):
            loss(smoothing=smoothing)
    with pytest.raises(InputError, match="temperature must be"):
        loss(temperature=0.0)
    teachers = {name: np.zeros((1, 2)) for name in TAPS}
    with pytest.raises(InputError, match="same classes"):
        evaluate(loss(), teachers, {"logits": np.zeros((1, 3))})
