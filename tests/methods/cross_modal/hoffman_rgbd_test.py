import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd import tasks
from tfkd.errors import InputError
from tfkd.models import fusion


def cnn(filters=(3, 4)):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    arguments = {"teacher": cnn(), "student": cnn(), **arguments}
    return methods.get("hoffman_rgbd").build(**arguments)


def test_is_the_mean_square_of_the_features_beside_the_task():
    # ((1 - 3)^2 + (2 - 0)^2) / 2 = 4, times b = 3.
    distiller = build(weight=3.0, task_weight=2.0)
    (loss,) = distiller.distillation_losses
    colour = {"stage2": np.float32([1.0, 2.0]).reshape(1, 1, 1, 2)}
    depth = {"stage2": np.float32([3.0, 0.0]).reshape(1, 1, 1, 2)}
    found = loss(colour, depth) * float(loss.weight(0))
    np.testing.assert_allclose(found, [12.0], rtol=1e-6)
    assert float(distiller.student_loss_weight(0)) == 2.0


def test_the_depth_network_starts_as_that_of_colour():
    teacher, student = cnn(), cnn()
    x = np.random.default_rng(0).uniform(size=(3, 8, 8, 1))
    build(teacher=teacher, student=student, start=False)
    assert not np.allclose(teacher(x), student(x))
    build(teacher=teacher, student=student)
    np.testing.assert_array_equal(teacher(x), student(x))


def test_both_meet_in_the_middle_and_end_as_the_colour_network():
    teacher, student = cnn(), cnn()
    distiller = build(teacher=teacher, student=student)
    distiller.compile("sgd", "sparse_categorical_crossentropy")
    random = np.random.default_rng(0)
    colour, depth = random.uniform(size=(2, 4, 8, 8, 1)).astype("float32")
    x = {"student": depth, "teacher": colour}
    distiller.fit(x, np.array([0, 1, 1, -1]), verbose=0)
    both = fusion.in_the_middle(teacher, distiller.student, layer="stage2")

    def until(model):
        return keras.Model(model.input, model.get_layer("stage2").output)

    middle = (until(teacher)(colour) + until(student)(depth)) / 2
    rest = keras.Model(teacher.get_layer("stage2").output, teacher.output)
    np.testing.assert_allclose(both([colour, depth]), rest(middle), rtol=1e-4)


def test_it_adapts_a_detector():
    detection = tasks.get("detection")
    teacher, student = (
        detection.model(filters=(2, 3, 4), neck=4) for _ in range(2)
    )
    distiller = build(teacher=teacher, student=student, tap="fpn")
    distiller.compile("sgd", detection.loss(), run_eagerly=True)
    images, boxes = detection.data(2)
    x = {"student": images / 2, "teacher": images}
    logs = distiller.train_on_batch(x, boxes, return_dict=True)
    assert logs["features"] > 0


def test_bad_arguments_are_our_errors():
    with pytest.raises(InputError, match="must be of one architecture"):
        build(teacher=cnn((5, 4)), tap="embedding")
    with pytest.raises(InputError, match="no_such"):
        build(tap="no_such")
    with pytest.raises(InputError, match="weight must be"):
        build(weight=-1.0)
