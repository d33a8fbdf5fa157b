import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import losses
from tfkd.distillers import ImitationDistiller
from tfkd.errors import InputError
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import imitation_shares

X, Y = batch(20)


def built(teacher=None, estimates=True):
    parts = [
        losses.TaskLoss(student_tap="logits", name="labels"),
        losses.SoftTargets(teacher_tap="0/logits", name="source"),
    ]
    model = ImitationDistiller(
        student=dense(seed=1),
        teacher=EnsembleTeacher([teacher or dense((9,))]),
        distillation_losses=losses.Mixture(parts=parts),
        student_loss_weight=0.0,
        estimates=estimates,
        teacher_tap="stage1",
        penalty=2.0,
    )
    model.compile("sgd", SPARSE, jit_compile=False)
    return model


def test_shares_are_solved_from_the_labelled_examples():
    teacher = dense((9,), seed=3)
    model = built(teacher)
    model.fit(X, np.where(np.arange(20) < 12, Y, -1), verbose=0)
    logits = np.array(teacher(X[:12]), "float64")
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    features = np.array(teacher.get_layer("stage1")(X[:12]))
    expected = imitation_shares(features, Y[:12], [p], penalty=2.0)
    np.testing.assert_allclose(model.imitation, expected[1:], rtol=1e-4)


def test_shares_are_saved_and_stay_where_they_are_not_solved_for(tmp_path):
    path = tmp_path / "shares.weights.h5"
    model, resumed = built(estimates=False), built(estimates=False)
    model.estimate(X, Y)
    model.fit(X, Y, verbose=0)
    model.save_weights(path)
    resumed.load_weights(path)
    assert model.imitation[0] != 0.5
    np.testing.assert_array_equal(resumed.imitation, model.imitation)


def test_a_loaded_one_asks_for_its_teacher_first(tmp_path):
    path = tmp_path / "distiller.keras"
    teacher = dense((9,))
    model = built(teacher)
    model.save(path)
    loaded = keras.saving.load_model(path)
    with pytest.raises(InputError, match="give it back"):
        loaded.estimate(X, Y)
    loaded.set_teacher(teacher)
    loaded.estimate(X, Y)
    model.estimate(X, Y)
    np.testing.assert_array_equal(loaded.imitation, model.imitation)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="fewer than two"):
        built().fit(X, np.full(20, -1), verbose=0)
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    with pytest.raises(InputError, match="there is no y"):
        built().fit(data, verbose=0)
