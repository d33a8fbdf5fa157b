import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(classes=2):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": mlp(), "student": mlp(), **arguments}
    return methods.get("noisy_label_distill").build(**arguments)


def test_is_the_cross_entropy_of_the_mixed_target():
    # At T = 2, (2 ln 3, 0) softens to (3/4, 1/4). The label is class 1:
    # q = 0.2 (0, 1) + 0.8 (3/4, 1/4) = (0.6, 0.4). The student says
    # (1/4, 3/4); H(q, p) - H(q) = 0.6 ln(0.6 / 0.25) + 0.4 ln(0.4 / 0.75).
    (loss,) = build(label_share=0.2, temperature=2.0).distillation_losses
    teacher = {"logits": np.array([[2 * np.log(3.0), 0.0]], "float32")}
    student = {"logits": np.array([[0.0, np.log(3.0)]], "float32")}
    expected = 0.6 * np.log(0.6 / 0.25) + 0.4 * np.log(0.4 / 0.75)
    found = loss(teacher, student, labels=np.array([1]))
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_the_gradient_is_that_of_the_cross_entropy():
    import tensorflow as tf

    (loss,) = build(label_share=0.5).distillation_losses
    student = tf.Variable([[0.0, np.log(3.0)]], dtype="float32")
    with tf.GradientTape() as tape:
        value = loss(
            {"logits": tf.zeros((1, 2))},
            {"logits": student},
            labels=tf.constant([0]),
        )
    # p - q = (1/4, 3/4) - (3/4, 1/4).
    found = tape.gradient(value, student)
    np.testing.assert_allclose(found, [[-0.5, 0.5]], rtol=1e-5)


def test_a_sure_teacher_outvotes_wrong_labels():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(128, 5)).astype("float32")
    clean = (x[:, 0] > 0).astype("int32")
    kernel, bias = keras.Input((5,)), 20.0
    outputs = keras.layers.Dense(2, name="logits")(kernel)
    teacher = keras.Model(kernel, outputs)
    weights = np.zeros((5, 2), "float32")
    weights[0] = [-bias, bias]
    teacher.layers[-1].set_weights([weights, np.zeros(2, "float32")])
    distiller = build(teacher=teacher, label_share=0.3)
    distiller.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    # Every label is wrong.
    distiller.fit(x, 1 - clean, epochs=20, verbose=0)
    right = np.argmax(distiller.student(x), axis=1) == clean
    assert right.mean() > 0.9


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"label_share": 1.0}, "label's share"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"weight": -1.0}, "weight must be"),
        ({"teacher": mlp(3)}, "score the same"),
    ],
)
def test_bad_arguments_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
