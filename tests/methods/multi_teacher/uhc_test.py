import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

SETS = ((0, 1), (1, 2))


def mlp(classes):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {
        "teacher": [mlp(2), mlp(2)],
        "student": mlp(3),
        "label_sets": SETS,
        **arguments,
    }
    return methods.get("uhc").build(**arguments)


def test_the_student_follows_the_unified_distribution():
    # Teachers (1/4, 3/4) of classes 0, 1 and (3/4, 1/4) of 1, 2 agree on
    # q = (1, 3, 1) / 5. The student's is uniform:
    # KL = 2/5 ln(3/5) + 3/5 ln(9/5).
    log3 = np.log(3.0)
    teacher = {
        "0/logits": np.array([[0.0, log3]], "float32"),
        "1/logits": np.array([[log3, 0.0]], "float32"),
    }
    student = {"logits": np.zeros((1, 3), "float32")}
    expected = 2 / 5 * np.log(3 / 5) + 3 / 5 * np.log(9 / 5)
    for mode in ("cross_entropy", "matrix_factorization"):
        (loss,) = build(temperature=1.0, mode=mode).distillation_losses
        np.testing.assert_allclose(
            loss(teacher, student), [expected], rtol=1e-4
        )


def test_softened_targets_weigh_t_squared():
    distiller = build(temperature=2.0, weight=0.5)
    (loss,) = distiller.distillation_losses
    assert distiller.distillation_loss_weights == [4.0]
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    distiller.compile("sgd")
    logs = distiller.train_on_batch(x, return_dict=True)
    np.testing.assert_allclose(
        logs["loss"], 0.5 * 4 * logs["unified_targets"], rtol=1e-5
    )


def test_it_learns_classes_that_no_teacher_knows_all_of():
    x = np.random.default_rng(0).normal(size=(120, 5)).astype("float32")
    y = np.argmax(x[:, :3], axis=1)
    teachers = []
    for labels in SETS:
        rows = np.isin(y, labels)
        keras.utils.set_random_seed(0)
        model = mlp(2)
        model.compile(
            keras.optimizers.Adam(0.02),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        model.fit(
            x[rows], y[rows] - labels[0], epochs=40, batch_size=60, verbose=0
        )
        teachers.append(model)
    student = mlp(3)
    distiller = build(teacher=teachers, student=student)
    distiller.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    distiller.fit(x, epochs=40, batch_size=60, verbose=0)
    found = np.argmax(student.predict(x, verbose=0), axis=1)
    assert np.mean(found == y) > 0.8


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="order of the logits"):
        build(label_sets=((0, 1, 2), (1, 2)))
    with pytest.raises(InputError, match="class numbers from 0"):
        build(label_sets=((0, 1), (1, 3)))
    with pytest.raises(InputError, match="shape"):
        build(student=mlp(4))
    with pytest.raises(InputError, match="mode of UnifiedClasses"):
        build(mode="closed_form")
    with pytest.raises(InputError, match="temperature > 0"):
        build(temperature=0)
