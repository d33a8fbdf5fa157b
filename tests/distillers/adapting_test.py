import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import models
from tfkd.distillers import AdaptingDistiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.transforms import Regressor

X = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
Y = (np.arange(10) % 3).astype("int32")


class Remembers(FeatureMatch):
    """Keeps what it is shown."""

    def adapt(self, taps, labels):
        self.shown = taps, labels


def build():
    teacher, student = (
        models.build("mlp", input_shape=(4,), num_classes=3, units=(2,))
        for _ in range(2)
    )
    match = {"teacher_tap": "embedding", "student_tap": "embedding"}
    losses = [Remembers(**match), FeatureMatch(**match, name="other")]
    model = AdaptingDistiller(
        student=student, teacher=teacher, distillation_losses=losses
    )
    model.compile(
        "sgd",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    return model, teacher


def shown(model):
    return model.distillation_losses[0].shown


def expected(teacher, x=X):
    tap = keras.Model(teacher.inputs, teacher.get_layer("embedding").output)
    return tap.predict(x, verbose=0)


class Compares(FeatureMatch):
    """Keeps what it is shown of both."""

    def adapt_to_both(self, teacher, student, labels):
        self.shown = teacher, student, labels


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, number):
        rows = slice(5 * number, 5 * number + 5)
        return X[rows], Y[rows]


@pytest.mark.parametrize(
    "data",
    [
        {"x": X, "y": Y, "batch_size": 4},
        {"x": {"student": X, "teacher": X}, "y": Y},
        {
            "x": tf.data.Dataset.from_tensor_slices((X, Y)).batch(3),
            "shuffle": False,
        },
        {"x": Batches()},
    ],
    ids=["arrays", "views", "dataset", "pydataset"],
)
def test_shows_the_teacher_on_every_example(data):
    model, teacher = build()
    model.fit(**data, verbose=0)
    taps, labels = shown(model)
    np.testing.assert_allclose(taps["embedding"], expected(teacher), rtol=1e-5)
    np.testing.assert_array_equal(labels, Y)


def test_the_teacher_sees_its_own_view():
    model, teacher = build()
    model.adapt({"student": X, "teacher": 2 * X}, batch_size=4)
    taps, labels = shown(model)
    np.testing.assert_allclose(
        taps["embedding"], expected(teacher, 2 * X), rtol=1e-5
    )
    assert labels is None


def test_a_loss_can_be_shown_both():
    model, teacher = build()
    match = {"teacher_tap": "embedding", "student_tap": "logits"}
    both = AdaptingDistiller(
        student=model.student,
        teacher=teacher,
        distillation_losses=Compares(
            **match, student_transform=Regressor(), name="both"
        ),
    )
    wanted = model.student.predict(X, verbose=0)
    both.adapt({"student": X, "teacher": 2 * X}, Y, batch_size=4)
    theirs, own, labels = both.distillation_losses[0].shown
    np.testing.assert_allclose(
        theirs["embedding"], expected(teacher, 2 * X), rtol=1e-5
    )
    np.testing.assert_allclose(own["logits"], wanted, rtol=1e-5)
    np.testing.assert_array_equal(labels, Y)


def test_adapts_once_and_when_it_is_asked_to():
    model, _ = build()
    assert not model.adapted
    model.fit(X, Y, verbose=0)
    assert model.adapted
    model.fit(X[:4], Y[:4], verbose=0)
    assert len(shown(model)[1]) == 10
    model.adapt(X[:4], Y[:4])
    assert len(shown(model)[1]) == 4


def test_steps_limit_what_is_looked_at():
    model, _ = build()
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2).repeat()
    model.fit(data, steps_per_epoch=3, shuffle=False, verbose=0)
    assert len(shown(model)[1]) == 6


def test_a_step_before_it_is_told():
    with pytest.raises(InputError, match="must see the teacher on data"):
        build()[0].train_on_batch(X, Y)


@pytest.mark.parametrize(
    "data",
    [
        iter([(X, Y)]),
        tf.data.Dataset.from_tensor_slices((X, Y)).batch(2).repeat(),
    ],
    ids=["iterator", "endless"],
)
def test_data_that_cannot_be_run_over_twice_is_told(data):
    with pytest.raises(InputError, match="it must end and be repeatable"):
        build()[0].fit(data, verbose=0)
