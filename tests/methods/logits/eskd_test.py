import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import EnsembleTeacher


def network(units=(4,), classes=2):
    return models.build(
        "mlp", input_shape=(3,), num_classes=classes, units=units
    )


def build(**arguments):
    arguments.setdefault("teacher", network((8,)))
    return methods.get("eskd").build(student=network(), **arguments)


def test_is_the_papers_equation():
    # T = 2: softmax(0, log 3) = (1/4, 3/4) against (1/2, 1/2):
    # 1/4 log 1/2 + 3/4 log 3/2 = 0.130812 nats; times T^2 = 0.523248.
    (loss,) = build(temperature=2.0).distillation_losses
    teacher = {"logits": np.array([[0.0, 2 * np.log(3)]], "float32")}
    student = {"logits": np.zeros((1, 2), "float32")}
    expected = 4 * (0.25 * np.log(0.5) + 0.75 * np.log(1.5))
    np.testing.assert_allclose(loss(teacher, student), [expected], rtol=1e-6)


def test_the_teacher_leaves_at_the_stop():
    (loss,) = build(stop_step=3, weight=0.7).distillation_losses
    found = [float(loss.weight(step)) for step in (0, 2, 3, 100)]
    np.testing.assert_allclose(found, [0.7, 0.7, 0.0, 0.0], rtol=1e-6)


def test_the_early_checkpoint_teaches_and_the_teacher_stays(tmp_path):
    early, teacher = network((8,)), network((8,))
    path = tmp_path / "epoch3.weights.h5"
    early.save_weights(path)
    before = teacher.get_weights()
    distiller = build(teacher=teacher, teacher_weights=str(path))
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(distiller.teacher(x)["logits"], early(x))
    for old, new in zip(before, teacher.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_no_step_with_the_teacher_is_our_error():
    with pytest.raises(InputError, match="stop_step of eskd"):
        build(stop_step=0)


def test_a_missing_file_is_our_error():
    with pytest.raises(InputError, match="must be a weights file"):
        build(teacher_weights="no_such.weights.h5")


def test_weights_of_another_network_are_our_error(tmp_path):
    path = tmp_path / "other.weights.h5"
    network((5,)).save_weights(path)
    with pytest.raises(InputError, match="must be a weights file"):
        build(teacher_weights=str(path))


def test_weights_for_an_ensemble_are_our_error():
    ensemble = EnsembleTeacher([network()])
    with pytest.raises(InputError, match="needs a keras.Model as teacher"):
        build(teacher=ensemble, teacher_weights="early.weights.h5")


def test_other_classes_are_our_error():
    with pytest.raises(InputError, match="score the same"):
        build(teacher=network(classes=3))


def test_a_negative_weight_is_our_error():
    with pytest.raises(InputError, match="weight must be a finite number"):
        build(weight=-1.0)
