import keras
import numpy as np
import pytest

from tfkd import distillers
from tfkd import methods
from tfkd import models
from tfkd import teachers
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def cnn(channels=1, width=5, classes=3):
    return models.build(
        "cnn",
        input_shape=(8, 8, channels),
        num_classes=classes,
        filters=(2, 3),
        strides=(2, 2),
        dense=(width,),
    )


def build(**arguments):
    arguments = {"teacher": cnn(1), "student": cnn(3), **arguments}
    return methods.get("hafner_reid").build(**arguments)


def test_is_the_squared_distance_of_embeddings():
    # (1 - 3)^2 + (2 - 0)^2 = 8; the mean of two is 4.
    teacher = {"embedding": np.array([[1.0, 2.0]], "float32")}
    student = {"embedding": np.array([[3.0, 0.0]], "float32")}
    for reduce, expected in (("mean", 4.0), ("sum", 8.0)):
        (loss,) = build(reduce=reduce).distillation_losses
        np.testing.assert_allclose(loss(teacher, student), [expected])


def test_upper_layers_are_the_teachers_and_stay():
    teacher = cnn(1)
    model = build(teacher=teacher)
    model.compile(keras.optimizers.SGD(0.5), None, run_eagerly=True)
    x = {
        "student": RANDOM.normal(size=(6, 8, 8, 3)).astype("float32"),
        "teacher": RANDOM.normal(size=(6, 8, 8, 1)).astype("float32"),
    }
    before = model.student.get_layer("embedding").kernel.numpy()
    model.fit(x, verbose=0)
    for name, changes in (("logits", False), ("embedding", True)):
        own = model.student.get_layer(name).get_weights()
        theirs = teacher.get_layer(name).get_weights()
        same = all(map(np.array_equal, own, theirs))
        assert same != changes
    assert not np.array_equal(
        before, model.student.get_layer("embedding").kernel
    )


def test_other_layers_or_none_can_be_shared():
    student = cnn(3)
    before = student.get_layer("logits").get_weights()
    build(student=student, shared_layers=())
    after = student.get_layer("logits").get_weights()
    assert all(map(np.array_equal, before, after))
    assert student.get_layer("logits").trainable
    teacher, student = cnn(1), cnn(3)
    build(
        teacher=teacher, student=student, shared_layers=("embedding", "logits")
    )
    np.testing.assert_array_equal(
        teacher.get_layer("embedding").kernel,
        student.get_layer("embedding").kernel,
    )


def test_a_file_keeps_shared_layers_shared(tmp_path):
    teacher = cnn(1)
    model = build(teacher=teacher)
    model.compile(keras.optimizers.SGD(0.5), None)
    path = str(tmp_path / "distiller.keras")
    model.save(path)
    loaded = distillers.load(path, teacher=teacher)
    head = loaded.student.get_layer("logits")
    assert not head.trainable
    np.testing.assert_array_equal(
        head.kernel, teacher.get_layer("logits").kernel
    )
    x = RANDOM.normal(size=(2, 8, 8, 3)).astype("float32")
    np.testing.assert_array_equal(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0)
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": cnn(1, width=4)}, "tensors of one shape"),
        ({"teacher": cnn(1, classes=4)}, "the same weights in both models"),
        ({"shared_layers": ("logit",)}, "no layer of model"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student_tap": "embeding"}, "no tap"),
        (
            {"teacher": teachers.CachedTeacher({"embedding": (5,)})},
            "a teacher that is one network",
        ),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
