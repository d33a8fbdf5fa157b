"""`keras.distillation` beside ours: both ways, and defects still there.

A test of a defect that fails says that Keras repaired it: then drop what we
do about it, and the row of the docs.
"""

import warnings

import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.conformance import harness
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tests.distillers.distiller_test import distiller
from tfkd import losses
from tfkd import transforms
from tfkd.distances import LpDistance

Stock = keras.distillation.Distiller
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def stock(loss, teacher=None, student=None, **arguments):
    model = Stock(
        teacher=dense((9,)) if teacher is None else teacher,
        student=dense(seed=1) if student is None else student,
        distillation_losses=loss,
        **arguments,
    )
    model.compile(keras.optimizers.SGD(0.1), loss=SPARSE)
    return model


OURS = {
    "soft_targets": lambda: losses.SoftTargets(temperature=2.0, weight=0.7),
    "feature_match": lambda: losses.FeatureMatch(
        teacher_tap="logits",
        student_tap="logits",
        distance=LpDistance(),
        name="feature_match",
    ),
}


@pytest.mark.parametrize("name", OURS)
def test_our_loss_runs_in_the_stock_distiller(name):
    theirs = stock(OURS[name]())
    ours = distiller(losses=OURS[name]())
    x, y = batch()
    logs = theirs.train_on_batch(x, y, return_dict=True)
    weight = ours.distillation_losses[0].weight(0)
    mine = ours.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(
        logs["distillation_loss"], mine[name] * float(weight), rtol=1e-5
    )


def test_the_stock_default_runs_in_ours_repaired_with_a_warning():
    theirs = keras.distillation.LogitsDistillation(temperature=2.0)
    with pytest.warns(UserWarning, match="raw logits"):
        loss = losses.KerasLoss(theirs)
    x, y = batch()
    logs = distiller(losses=loss).train_on_batch(x, y, return_dict=True)
    want = distiller().train_on_batch(x, y, return_dict=True)
    # Keras clips probabilities at 1e-7.
    assert logs["keras_loss"] == pytest.approx(want["soft_targets"], rel=1e-4)


def test_stock_feature_distillation_runs_in_ours():
    theirs = keras.distillation.FeatureDistillation(
        loss="mse", teacher_layer_name="stage1", student_layer_name="stage1"
    )
    teacher, student = dense((6,)), dense(seed=1)
    mine = losses.FeatureMatch(teacher_tap="stage1", student_tap="stage1")
    model = distiller(student, teacher, [losses.KerasLoss(theirs), mine])
    logs = model.train_on_batch(*batch(), return_dict=True)
    assert logs["keras_loss"] == pytest.approx(logs["feature_match"], rel=1e-6)


def test_defect_the_default_divergence_takes_raw_logits():
    loss = keras.distillation.LogitsDistillation(temperature=1.0)
    teacher = np.array([[0.2, 0.7]], "float32")
    # Softmax ignores a shift. Here: 0.2 ln(2/3) + 0.7 ln(7/8) = -0.1746,
    # and no divergence is negative.
    found = float(loss.compute_loss(teacher, teacher + 0.1))
    assert found == pytest.approx(-0.1746, abs=1e-4)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_defect_the_student_runs_twice_with_a_feature_tap():
    theirs = keras.distillation.FeatureDistillation(
        loss="mse", teacher_layer_name="stage1", student_layer_name="stage1"
    )
    student = dense(seed=1)
    model = stock(theirs, dense((6,)), student)
    model.run_eagerly = True
    with harness.counted_calls(student) as calls:
        model.train_on_batch(*batch())
    assert len(calls) == 2


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_defect_evaluation_moves_the_student_statistics():
    theirs = keras.distillation.FeatureDistillation(
        loss="mse", teacher_layer_name="stage1", student_layer_name="stage1"
    )
    student = cases.student()
    model = stock(theirs, cases.student(), student)
    before = [np.array(v) for v in student.non_trainable_variables]
    x, y = cases.data()
    model.evaluate(x, y, verbose=0)
    after = [np.array(v) for v in student.non_trainable_variables]
    assert any(not np.array_equal(a, b) for a, b in zip(before, after))


def test_defect_sample_weights_are_ignored():
    loss = keras.distillation.LogitsDistillation(
        loss=keras.losses.KLDivergence()
    )
    x, y = batch()
    values = [
        stock(loss).train_on_batch(x, y, sample_weight=w, return_dict=True)
        for w in (np.ones(8, "float32"), np.zeros(8, "float32"))
    ]
    assert values[0]["total_loss"] == pytest.approx(values[1]["total_loss"])


def test_defect_regularizers_are_ignored():
    loss = keras.distillation.LogitsDistillation(
        loss=keras.losses.KLDivergence()
    )
    x, y = batch()
    totals = [
        stock(
            loss, student=dense(seed=1, kernel_regularizer=regularizer)
        ).train_on_batch(x, y, return_dict=True)["total_loss"]
        for regularizer in (None, keras.regularizers.L2(10.0))
    ]
    assert totals[0] == pytest.approx(totals[1])


def test_defect_a_projection_inside_a_loss_is_not_trained():
    class Projected(keras.distillation.DistillationLoss):
        def __init__(self):
            self.projection = keras.layers.Dense(4)

        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            projected = self.projection(student_outputs)
            return keras.ops.mean((projected - teacher_outputs) ** 2)

    loss = Projected()
    loss.projection.build((None, 4))
    before = loss.projection.get_weights()
    model = stock(loss)
    model.train_on_batch(*batch())
    np.testing.assert_array_equal(before[0], loss.projection.get_weights()[0])


def test_ours_trains_a_projection_inside_a_loss():
    loss = losses.FeatureMatch(
        teacher_tap="stage1",
        student_tap="stage1",
        student_transform=transforms.Regressor(),
    )
    model = distiller(losses=loss)
    before = [np.array(v) for v in loss.trainable_variables]
    assert before
    model.train_on_batch(*batch())
    for old, new in zip(before, loss.trainable_variables):
        assert not np.array_equal(old, np.array(new))


def test_defect_checkpoints_hold_the_teacher(tmp_path):
    teacher = dense((9,))
    loss = keras.distillation.LogitsDistillation(
        loss=keras.losses.KLDivergence()
    )
    model = stock(loss, teacher)
    model.train_on_batch(*batch())
    model.save_weights(tmp_path / "stock.weights.h5")
    stored = (tmp_path / "stock.weights.h5").read_bytes()
    assert teacher.get_weights()[0].tobytes() in stored


def test_defect_the_teacher_is_frozen_for_good():
    teacher = dense((9,))
    stock(
        keras.distillation.LogitsDistillation(loss=keras.losses.KLDivergence()),
        teacher,
    )
    assert not teacher.trainable
    teacher = dense((9,))
    distiller(teacher=teacher)
    assert teacher.trainable


def test_no_warning_where_nothing_is_repaired():
    theirs = keras.distillation.LogitsDistillation(
        loss=keras.losses.KLDivergence()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses.KerasLoss(theirs)
