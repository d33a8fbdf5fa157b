import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tfkd.distillers import AttackedDistiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.sources import Attack
from tfkd.sources import Attacked

X, Y = cases.images(6)
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@keras.saving.register_keras_serializable("tests")
class Shift(Attack):
    """Adds a number, and attacks one row twice where it attacks the teacher."""

    def __init__(self, attacks="student", **kwargs):
        super().__init__(value_range=(0, 16), **kwargs)
        self.attacks = attacks

    def find(self, inputs, model, *, labels, teacher, student):
        self.seen = model(inputs), teacher, student
        if self.attacks == "student":
            return Attacked(inputs + 1.0)
        weight = tf.constant([2.0, 0.0])
        return Attacked(inputs[1:3] + 1.0, tf.constant([1, 2]), weight)

    def get_config(self):
        return {"attacks": self.attacks}


def build(attacks="student", **arguments):
    keras.utils.set_random_seed(0)
    model = AttackedDistiller(
        **{
            "student": cases.student(),
            "teacher": cases.teacher(),
            "attack": Shift(attacks),
            "attacked": ("moved",),
            "distillation_losses": [
                SoftTargets(temperature=1.0),
                SoftTargets(temperature=1.0, weight=0.5, name="moved"),
            ],
            "student_loss_weight": 0.0,
            **arguments,
        }
    )
    model.compile(keras.optimizers.SGD(0.0), LOSS, run_eagerly=True)
    return model


def log_softmax(z):
    z = np.asarray(z, "float64")
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def kl(model, theirs, mine):
    """Divergence of each example; the student in training mode."""
    q = log_softmax(model.teacher(theirs)["logits"])
    p = log_softmax(model._untracked.extractor(mine, training=True)["logits"])
    return np.sum(np.exp(q) * (q - p), axis=1)


def test_an_attacked_student_is_compared_with_a_teacher_that_is_not():
    model = build()
    logs = model.train_on_batch(X, Y, return_dict=True)
    clean, moved = np.mean(kl(model, X, X)), np.mean(kl(model, X, X + 1))
    np.testing.assert_allclose(logs["soft_targets"], clean, rtol=1e-4)
    np.testing.assert_allclose(logs["moved"], moved, rtol=1e-4)
    np.testing.assert_allclose(logs["loss"], clean + 0.5 * moved, rtol=1e-4)


def test_an_attacked_teacher_answers_for_the_rows_that_were_moved():
    model = build("teacher")
    logs = model.train_on_batch(X, Y, return_dict=True)
    rows = X[1:3] + 1
    # Weights 2 and 0: (2 a + 0 b) / 2.
    np.testing.assert_allclose(
        logs["moved"], kl(model, rows, rows)[0], rtol=1e-4
    )


def test_weights_of_examples_count_for_moved_rows_too():
    model = build("teacher")
    weight = np.array([1.0, 3.0, 1.0, 1.0, 1.0, 1.0])
    logs = model.train_on_batch(X, Y, sample_weight=weight, return_dict=True)
    rows = X[1:3] + 1
    np.testing.assert_allclose(
        logs["moved"], 3 * kl(model, rows, rows)[0], rtol=1e-4
    )


def test_the_attack_changes_no_state_of_the_network_that_it_asks():
    model = build()
    answers = []
    model.attack.find = lambda inputs, ask, **_: (
        answers.append((ask(inputs), [np.array(w) for w in weights]))
        or Attacked(inputs)
    )
    weights = model.student.weights
    model.train_on_batch(X, Y)
    keras.utils.set_random_seed(0)
    twin = cases.student()
    # After the clean pass of the same step.
    twin.set_weights(answers[0][1])
    np.testing.assert_allclose(
        answers[0][0], twin(X, training=False), rtol=1e-4, atol=1e-6
    )


def test_the_attack_is_told_what_the_networks_answered():
    model = build()
    model.train_on_batch(X, Y)
    _, teacher, student = model.attack.seen
    np.testing.assert_allclose(teacher, model.teacher(X)["logits"], rtol=1e-5)
    expected = model._untracked.extractor(X, training=True)["logits"]
    np.testing.assert_allclose(student, expected, rtol=1e-4, atol=1e-6)


def test_it_is_saved(tmp_path):
    model = build("teacher")
    model.save(tmp_path / "attacked.keras")
    loaded = keras.saving.load_model(tmp_path / "attacked.keras")
    assert loaded.attack.attacks == "teacher"
    assert loaded.attacked == ("moved",)


def test_a_mistake_is_our_error():
    with pytest.raises(InputError, match="must be a tfkd.sources.Attack"):
        build(attack="pgd")
    with pytest.raises(InputError, match="'moved'"):
        build(attacked=("move",))
    with pytest.raises(InputError, match="reads the tap 'logits'"):
        build(
            attacked=("hint",),
            distillation_losses=FeatureMatch(
                teacher_tap="stage3:pre", student_tap="stage3:pre", name="hint"
            ),
            teacher=cases.student(),
        )


def test_an_attacked_teacher_must_see_what_the_student_sees():
    layers = keras.layers
    small = [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(4)]
    model = build("teacher", teacher=keras.Sequential(small))
    views = {"student": X, "teacher": X[:, ::2, ::2]}
    with pytest.raises(InputError, match="inputs of one shape"):
        model.train_on_batch(views, Y)
