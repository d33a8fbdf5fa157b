import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tests.parity.adapters.helpers import evaluate
from tfkd.errors import InputError
from tfkd.losses import EnsembleSoftTargets
from tfkd.losses import SoftTargets

# softmax (0, ln 3) = (1/4, 3/4), softmax (ln 3, 0) = (3/4, 1/4).
TEACHERS = {
    "0/logits": np.array([[0.0, np.log(3.0)]]),
    "1/logits": np.array([[np.log(3.0), 0.0]]),
}
STUDENT = {"logits": np.zeros((1, 2))}


def loss(**arguments):
    return EnsembleSoftTargets(
        teacher_taps=tuple(TEACHERS), **{"dtype": "float64", **arguments}
    )


def test_is_kl_from_the_mean_of_probabilities():
    # Equal shares: the mean is (1/2, 1/2), the student's.
    np.testing.assert_allclose(
        evaluate(loss(), TEACHERS, STUDENT), 0.0, atol=1e-7
    )
    # Shares 3/4, 1/4: q = (3/16 + 3/16, 9/16 + 1/16) = (3/8, 5/8);
    # KL = 3/8 ln(3/4) + 5/8 ln(5/4).
    expected = 3 / 8 * np.log(3 / 4) + 5 / 8 * np.log(5 / 4)
    found = evaluate(loss(shares=(6, 2)), TEACHERS, STUDENT)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_every_teacher_is_softened_before_the_mean():
    # T = 1/2 doubles the logits: (1/10, 9/10) and (9/10, 1/10);
    # q = 3/4 (1/10, 9/10) + 1/4 (9/10, 1/10) = (3/10, 7/10).
    expected = 3 / 10 * np.log(6 / 10) + 7 / 10 * np.log(14 / 10)
    found = evaluate(loss(shares=(3, 1), temperature=0.5), TEACHERS, STUDENT)
    np.testing.assert_allclose(found, 0.25 * expected, rtol=1e-6)


def test_logits_may_be_averaged_instead():
    # Logits (ln 3 / 4, 3 ln 3 / 4): q_2 / q_1 = sqrt(3).
    q = np.array([1.0, np.sqrt(3.0)]) / (1 + np.sqrt(3.0))
    expected = np.sum(q * np.log(2 * q))
    found = evaluate(loss(shares=(3, 1), fuse="logits"), TEACHERS, STUDENT)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    with pytest.raises(InputError, match="fusion of predictions"):
        loss(fuse="logit")


def test_one_teacher_is_soft_targets():
    single = SoftTargets(temperature=3.0, teacher_tap="0/logits")
    expected = evaluate(single, TEACHERS, STUDENT)
    found = evaluate(loss(shares=(1, 0), temperature=3.0), TEACHERS, STUDENT)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_gradient():
    random = np.random.default_rng(0)
    teachers = {name: random.normal(size=(3, 4)) for name in TEACHERS}
    part = loss(temperature=2.0)
    evaluate(part, teachers, {"logits": random.normal(size=(3, 4))})
    assert_gradient(
        lambda s: part(teachers, {"logits": s}), random.normal(size=(3, 4))
    )


def test_is_finite_at_extremes():
    teachers = {n: 1e4 * z for n, z in TEACHERS.items()}
    student = {"logits": np.array([[1e4, -1e4]])}
    assert np.isfinite(evaluate(loss(dtype="float32"), teachers, student))


def test_round_trip():
    part = loss(shares=(3, 1), temperature=2.0)
    config = keras.saving.serialize_keras_object(part)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == part.get_config()


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="at least one teacher tap"):
        EnsembleSoftTargets(teacher_taps=())
    with pytest.raises(InputError, match="shares of teachers must be 2"):
        loss(shares=(1, 2, 3))
    with pytest.raises(InputError, match="same classes"):
        evaluate(loss(), TEACHERS, {"logits": np.zeros((1, 3))})
    with pytest.raises(InputError, match="temperature"):
        loss(temperature=0)
