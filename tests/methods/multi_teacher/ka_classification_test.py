import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

SETS = ((0, 1), (2, 3))


def short(classes):
    return models.build(
        "cnn",
        input_shape=cases.SHAPE,
        num_classes=classes,
        filters=(6, 8),
        strides=(1, 2),
    )


def build(**arguments):
    arguments = {
        "teacher": [cases.cnn((6, 8, 12), 2), short(2)],
        "student": cases.cnn((4, 6, 8)),
        "label_sets": SETS,
        **arguments,
    }
    return methods.get("ka_classification").build(**arguments)


def test_the_student_follows_the_teachers_side_by_side():
    # z = (0, ln 2, ln 3, 0): q = (1, 2, 3, 1) / 7; the student is uniform.
    taps = {
        "0/logits": np.float32([[0, np.log(2)]]),
        "1/logits": np.float32([[np.log(3), 0]]),
    }
    joined = build().distillation_losses[0]
    q = np.array([1, 2, 3, 1]) / 7
    found = joined(taps, {"logits": np.zeros((1, 4), "float32")})
    np.testing.assert_allclose(found, [np.sum(q * np.log(4 * q))], rtol=1e-5)


def test_every_layer_has_an_autoencoder_of_all_teachers():
    _, *layers = build().distillation_losses
    assert [loss.student_taps for loss in layers] == [
        ("stage1",),
        ("stage2",),
        ("stage3",),
    ]
    # The second teacher has two stages: its first is paired twice.
    assert [loss.teacher_taps for loss in layers] == [
        ("0/stage1", "1/stage1"),
        ("0/stage2", "1/stage1"),
        ("0/stage3", "1/stage2"),
    ]


def test_codes_are_learned_before_the_student_sees_them():
    keras.utils.set_random_seed(0)
    distiller = build(encoder_steps=1, weight=0.0)
    distiller.compile(keras.optimizers.SGD(0.01), run_eagerly=True)
    x, _ = cases.images(8)
    student = distiller.student.trainable_variables
    before = [np.array(v) for v in student]
    encoder = distiller.distillation_losses[1].encoder.kernel
    code = np.array(encoder)
    distiller.train_on_batch(x)
    assert all(np.array_equal(b, v) for b, v in zip(before, student))
    assert not np.array_equal(code, encoder)
    distiller.train_on_batch(x)
    assert not np.array_equal(before[0], student[0])


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="every class number from 0"):
        build(label_sets=((0, 1), (0, 3)))
    with pytest.raises(InputError, match="encoder_steps"):
        build(encoder_steps=-1)
    mlp = models.build("mlp", input_shape=cases.SHAPE, num_classes=4)
    with pytest.raises(InputError, match="Choose convolutional taps"):
        build(student=mlp)
