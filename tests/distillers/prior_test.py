import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tests.distillers.meta_test import line
from tfkd.distances import LpDistance
from tfkd.distillers import PriorDistiller
from tfkd.distillers import PriorTrainer
from tfkd.distillers import load
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import LearnedPrior

LOGITS = {"teacher_tap": "logits", "student_tap": "logits"}


def softplus(x):
    return np.log1p(np.exp(x))


def on_a_line(inner_steps=1):
    """z = theta x with theta = 2; the teacher's theta is 2, too."""
    model = PriorDistiller(
        teacher=line(),
        student=line(),
        distillation_losses=[
            FeatureMatch(**LOGITS, distance=LpDistance()),
            LearnedPrior(initial=0.0),
        ],
        student_loss_weight=1.0,
        inner_steps=inner_steps,
        inner_learning_rate=0.1,
        meta_optimizer=keras.optimizers.SGD(1.0),
    )
    model.compile(keras.optimizers.SGD(0.0), "mean_squared_error")
    return model


def test_a_prior_moves_to_where_the_teacher_is_nearer_after_tried_steps():
    model = on_a_line()
    # x = 1 and y = 0: the task is theta^2. With s = softplus(phi) = ln 2:
    # theta_1 = 2 - 0.1 (4 + s); the distance is (theta_1 - 2)^2, whose slope
    # by phi is 2 (theta_1 - 2) (-0.1) sigmoid(0).
    theta = 2 - 0.1 * (4 + np.log(2))
    slope = 2 * (theta - 2) * -0.1 * 0.5
    model.fit(np.ones((2, 1)), np.zeros((2, 1)), verbose=0)
    phi = model.distillation_losses[1].meta_variables[0]
    np.testing.assert_allclose(phi, [[-slope]], rtol=1e-4)


def test_each_tried_step_counts():
    model = on_a_line(inner_steps=2)
    s, h = np.log(2), 0.1
    first = 2 - h * (4 + s)
    second = first - h * (2 * first + s)
    # d theta_2 / ds = -h (1 - 2 h) - h.
    slope = 2 * (second - 2) * (-h * (1 - 2 * h) - h) * 0.5
    model.fit(np.ones((2, 1)), np.zeros((2, 1)), verbose=0)
    phi = model.distillation_losses[1].meta_variables[0]
    np.testing.assert_allclose(phi, [[-slope]], rtol=1e-4)


def test_without_distillation_nothing_can_be_learned():
    with pytest.raises(InputError, match="no loss besides"):
        PriorDistiller(
            teacher=dense(),
            student=dense(seed=1),
            distillation_losses=Both(),
        )


@keras.saving.register_keras_serializable("tfkd_tests")
class Both(LearnedPrior):
    """A prior that reads the teacher, so that a distiller takes it alone."""

    teacher_taps = ("logits",)


def trainer(weight=1.0, student=None):
    student = student or dense()
    strengths = [
        np.full(v.shape, 0.1 * (number + 1))
        for number, v in enumerate(student.trainable_variables)
    ]
    model = PriorTrainer(student=student, strengths=strengths, weight=weight)
    model.compile(keras.optimizers.SGD(0.1), SPARSE)
    return model


def test_the_prior_is_added_to_the_loss_of_the_task_in_training():
    x, y = batch()
    model, free = trainer(weight=2.0), trainer(weight=0.0)
    prior = sum(
        0.1 * (number + 1) * np.abs(np.array(v)).sum()
        for number, v in enumerate(model.student.trainable_variables)
    )
    task = free.train_on_batch(x, y)
    # Evaluation is of the task alone.
    assert model.test_on_batch(x, y) == pytest.approx(task, rel=1e-5)
    found = model.train_on_batch(x, y)
    assert float(found) == pytest.approx(float(task) + 2.0 * prior, rel=1e-4)


def test_strengths_stay_and_are_saved(tmp_path):
    x, y = batch()
    model = trainer()
    model.fit(x, y, verbose=0)
    np.testing.assert_allclose(model.strengths[1], 0.2, rtol=1e-6)
    model.save(tmp_path / "prior.keras")
    loaded = load(tmp_path / "prior.keras")
    losses = [
        each.fit(x, y, shuffle=False, verbose=0).history["loss"]
        for each in (model, loaded)
    ]
    np.testing.assert_allclose(*losses, rtol=1e-6)


def test_strengths_of_another_architecture_are_our_error():
    with pytest.raises(InputError, match="a strength for each weight"):
        PriorTrainer(student=dense(), strengths=[np.zeros(3)])
    with pytest.raises(InputError, match="weight must be"):
        trainer(weight=-1.0)
