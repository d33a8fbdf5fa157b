import keras
import numpy as np
import pytest

from tests.report.diagnosis import synthetic
from tfkd.errors import InputError
from tfkd.report.diagnosis import outputs

X, _ = synthetic.rows(6)


def subclassed(answer):
    class Model(keras.Model):
        def call(self, x):
            return answer(x)

    return Model()


def test_logits_are_read_before_the_softmax():
    model = synthetic.classifier(0, softmax=True)
    plain = synthetic.classifier(0)
    plain.set_weights(model.get_weights())
    np.testing.assert_allclose(
        outputs.logits_of(model, X, "teacher"),
        outputs.logits_of(plain, X, "teacher"),
        rtol=1e-5,
        atol=1e-6,
    )


def test_probabilities_of_an_unknown_graph_become_logarithms():
    model = subclassed(lambda x: keras.ops.softmax(x[:, 0, :, 0]))
    found = outputs.logits_of(model, X, "teacher")
    expected = keras.ops.log_softmax(X[:, 0, :, 0])
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_teacher_that_holds_a_model_is_that_model():
    model = synthetic.classifier(0)
    holder = type("Teacher", (), {"model": model})()
    np.testing.assert_array_equal(
        outputs.logits_of(holder, X, "teacher"),
        outputs.logits_of(model, X, "teacher"),
    )


def test_mistakes_are_told_with_the_role():
    with pytest.raises(InputError, match="teacher must be a keras.Model"):
        outputs.logits_of("teacher.keras", X, "teacher")
    with pytest.raises(InputError, match=r"\(4, 4, 1\), received \(4, 4, 3\)"):
        outputs.logits_of(
            synthetic.classifier(0), np.zeros((2, 4, 4, 3)), "student"
        )
    maps = subclassed(lambda x: x)
    with pytest.raises(InputError, match=r"shape \(6, 4, 4, 1\)"):
        outputs.logits_of(maps, X, "teacher")
    named = subclassed(lambda x: {"scores": x[:, 0, :, 0]})
    with pytest.raises(InputError, match="it gives dict"):
        outputs.logits_of(named, X, "teacher")
    failing = subclassed(lambda x: keras.ops.matmul(x, keras.ops.ones((7, 2))))
    with pytest.raises(InputError, match="student .* calling it failed"):
        outputs.logits_of(failing, X, "student")


def test_one_example_of_nan_leaves_the_others_as_they_are():
    model = subclassed(lambda x: keras.ops.softmax(x[:, 0, :, 0]))
    spoilt = X.copy()
    spoilt[2] = np.nan
    found = outputs.logits_of(model, spoilt, "teacher")
    expected = outputs.logits_of(model, X, "teacher")
    assert np.isnan(found[2]).all()
    kept = [0, 1, 3, 4, 5]
    np.testing.assert_array_equal(found[kept], expected[kept])


def test_scores_of_which_none_is_finite_stay_as_they_are():
    masked = subclassed(lambda x: keras.ops.log(x[:, 0, :, 0] * 0.0))
    found = outputs.logits_of(masked, X, "teacher")
    assert not np.isfinite(found).any()


def test_a_model_that_holds_another_one_answers_itself():
    class Scaled(keras.Model):
        def __init__(self):
            super().__init__()
            self.model = synthetic.classifier(0)

        def call(self, x):
            return self.model(100.0 * x)

    model = Scaled()
    np.testing.assert_allclose(
        outputs.logits_of(model, X, "teacher"), model(X), rtol=1e-5
    )
