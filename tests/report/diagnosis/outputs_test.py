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
