import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(classes, units=5):
    return models.build(
        "mlp", input_shape=(4,), num_classes=classes, units=(units,)
    )


TABLE = tuple(map(tuple, np.random.default_rng(1).uniform(size=(3, 4))))


def build(**arguments):
    return methods.get("sake").build(
        teacher=network(4), student=network(3), **arguments
    )


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def value(model, z_t, v, labels):
    (loss,) = model.distillation_losses
    student = {"old_classes": v, "logits": np.zeros((len(v), 3), "float32")}
    return loss({"logits": z_t}, student, labels)


def test_old_classes_are_raised_by_their_likeness_to_the_label():
    z_t, v = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    labels = np.array([0, 1, 2, 0, 1])
    t = log_softmax(z_t + 0.5 * np.array(TABLE)[labels])
    expected = np.sum(np.exp(t) * (t - log_softmax(v)), axis=1)
    model = build(similarity=TABLE, share=0.5)
    np.testing.assert_allclose(
        value(model, z_t, v, labels), expected, rtol=1e-4
    )


def test_without_words_the_teacher_s_answer_stays():
    z_t, v = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    t = log_softmax(z_t)
    expected = np.sum(np.exp(t) * (t - log_softmax(v)), axis=1)
    found = value(build(), z_t, v, np.array([0, 1, 2]))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_student_learns_new_classes_and_its_features_old_ones():
    model = build(similarity=TABLE)
    assert model.student.output_shape == (None, 3)
    old = model.network.get_layer("old_classes")
    before = [old.kernel.numpy(), model.student.get_weights()[0]]
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(6, 4))
    model.fit(x, np.arange(6) % 3, verbose=0)
    after = [old.kernel.numpy(), model.student.get_weights()[0]]
    assert not any(map(np.array_equal, before, after))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"similarity": TABLE[:2]}, "must have the shape"),
        ({"share": -1.0}, "a finite share"),
        ({"student_tap": "no_such"}, "no_such"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)


def test_a_map_is_our_error():
    cnn = models.build("cnn", input_shape=(8, 8, 1), num_classes=3)
    with pytest.raises(InputError, match="from a vector"):
        methods.get("sake").build(
            teacher=cnn, student=cnn, student_tap="stage1"
        )
