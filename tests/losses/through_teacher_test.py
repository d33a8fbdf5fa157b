import numpy as np
import pytest

from tests.conformance import cases
from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.errors import InputError
from tfkd.losses import ThroughTeacher
from tfkd.teachers import as_ensemble

TEACHER = cases.teacher()
X, _ = cases.images(3)


def made(student=None, **arguments):
    loss = ThroughTeacher(
        **{
            "member": 0,
            "teacher_tap": "stage2",
            "student_tap": "stage2",
            **arguments,
        }
    )
    ensemble, student = as_ensemble(TEACHER), student or cases.student()
    specs = ensemble.connect(loss.teacher_taps, student)
    loss.attach(ensemble, student)
    loss.setup(specs, taps.Extractor(student, loss.student_taps).specs)
    return loss


def run(loss, features):
    found = as_ensemble(TEACHER)
    found.connect(loss.teacher_taps, None)
    return loss(found(X), {"stage2": features})


def softmax(z):
    e = np.exp(np.asarray(z, "float64"))
    return e / e.sum(axis=1, keepdims=True)


def test_the_teachers_own_features_say_what_it_says():
    loss = made(student=TEACHER)
    own = taps.Extractor(TEACHER, ["stage2"])(X)["stage2"]
    # Gates of 1/2, undone by a regressor of 2.
    loss.squeeze.assign(np.zeros(loss.squeeze.shape))
    loss.regressor.kernel.assign(2 * np.eye(8))
    np.testing.assert_allclose(run(loss, own), [0, 0, 0], atol=1e-5)


def test_is_the_divergence_of_the_finished_features():
    loss = made(classes=(0, 3))
    features = np.random.default_rng(0).uniform(size=(3, 4, 4, 6))
    features = features.astype("float32")
    filtered = loss.regressor(loss.gate(features) * features)
    end = taps.cut(TEACHER, ["stage2"])[1]
    p = softmax(np.asarray(end(filtered))[:, [0, 3]])
    q = softmax(np.asarray(TEACHER(X))[:, [0, 3]])
    expected = np.sum(q * np.log(q / p), axis=1)
    np.testing.assert_allclose(
        run(loss, features), expected, rtol=1e-3, atol=1e-6
    )


def test_another_distance_compares_what_is_no_probability():
    loss = made(classes=(1,), distance=LpDistance(p=1))
    features = np.random.default_rng(0).uniform(size=(3, 4, 4, 6))
    features = features.astype("float32")
    filtered = loss.regressor(loss.gate(features) * features)
    answer = np.asarray(taps.cut(TEACHER, ["stage2"])[1](filtered))[:, 1]
    expected = np.abs(np.asarray(TEACHER(X))[:, 1] - answer)
    np.testing.assert_allclose(
        run(loss, features), expected, rtol=1e-3, atol=1e-6
    )
    again = ThroughTeacher.from_config(loss.get_config())
    assert again.distance.p == 1


def test_the_gate_is_one_number_a_channel():
    loss = made()
    features = np.zeros((1, 4, 4, 6), "float32") + np.arange(6.0)
    hidden = np.maximum(np.arange(6) @ np.asarray(loss.squeeze), 0)
    expected = 1 / (1 + np.exp(-hidden @ np.asarray(loss.excite)))
    gate = np.asarray(loss.gate(features.astype("float32")))
    np.testing.assert_allclose(gate.reshape(-1), expected, rtol=1e-5)


def test_extreme_features_are_finite():
    for size in (0.0, 1e-8, 1e4):
        features = size * np.ones((3, 4, 4, 6), "float32")
        assert np.all(np.isfinite(run(made(), features)))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="at least two of the teacher's"):
        made(classes=(0, 4))
    with pytest.raises(InputError, match="Choose convolutional taps"):
        made(student_tap="embedding")
    with pytest.raises(InputError, match="no_such"):
        made(teacher_tap="no_such")
