import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def mlp(units=(4, 5, 6)):
    return models.build("mlp", input_shape=(3,), num_classes=2, units=units)


def build(**arguments):
    arguments = {"teacher": None, "student": mlp(), **arguments}
    return methods.get("ts_dssl").build(**arguments)


def test_the_head_learns_labels_and_the_student_the_head():
    # p_t = (1/4, 3/4), p_s = (1/2, 1/2): -log 3/4 of label 1, and 1/16.
    taps = {
        "teacher_head": np.float32([[0.0, np.log(3.0)]]),
        "logits": np.zeros((1, 2), "float32"),
    }
    distiller = build(weight=2.0, task_weight=3.0)
    found = sum(
        float(loss.weight(0)) * loss(taps, taps, labels=np.array([1]))[0]
        for loss in distiller.distillation_losses
    )
    np.testing.assert_allclose(found, -3 * np.log(3 / 4) + 2 / 16, rtol=1e-5)
    assert float(distiller.student_loss_weight(0)) == 0.0


def test_the_last_two_dense_layers_are_not_shared():
    shapes = [tuple(w.shape) for w in build().network.trainable_weights]
    # The trunk once; 5 to 6 and 6 to 2 twice.
    counts = [shapes.count(s) for s in ((3, 4), (4, 5), (5, 6), (6, 2))]
    assert counts == [1, 1, 2, 2]


def test_a_student_of_one_dense_layer_shares_all_before_it():
    network = build(student=cases.student()).network
    shapes = [tuple(w.shape) for w in network.trainable_weights]
    assert shapes.count((32, cases.CLASSES)) == 2


def test_the_teachers_head_does_not_feel_the_student():
    distiller = build(task_weight=0.0)
    distiller.compile(keras.optimizers.SGD(1.0), LOSS)
    head = distiller.network.get_layer("peer1")
    before = [np.array(w) for w in head.trainable_weights]
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    distiller.fit(x, np.array([0, 1, 1, 0]), verbose=0)
    assert all(map(np.array_equal, before, head.trainable_weights))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": mlp()}, "needs no teacher"),
        ({"trunk_tap": "no_such"}, "no_such"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)


def test_a_student_without_dense_layers_is_our_error():
    inputs = keras.Input((4, 4, 1))
    x = keras.layers.Conv2D(2, 3)(inputs)
    student = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
    with pytest.raises(InputError, match="are dense layers"):
        build(student=student)
