import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.metrics import rsa

X = np.random.default_rng(0).uniform(size=(30, 6, 6, 1)).astype("float32")
Y = np.arange(30) % 3


def network(filters=(4, 5), classes=3):
    return models.build(
        "cnn",
        input_shape=(6, 6, 1),
        num_classes=classes,
        filters=filters,
        strides=(1,) * len(filters),
        # Statistics of batches would move even where nothing is learned.
        batch_normalization=False,
        pool="avg",
    )


def build(teacher=None, student=None, **arguments):
    keras.utils.set_random_seed(0)
    model = methods.get("tgsa").build(
        teacher=teacher or network(),
        student=student or network(),
        **{"trial_epochs": 1, **arguments},
    )
    model.compile(
        keras.optimizers.SGD(0.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    return model


def test_the_reward_is_accuracy_and_likeness_of_the_stages():
    teacher, student = network(), network((3, 2))
    model = build(teacher, student, alpha=2.0)
    model.search(X, Y)
    _, judges = model._split(X, Y)
    parts = []
    for name in ("stage1", "stage2"):
        theirs, own = (
            keras.Model(m.input, m.get_layer(name).output)(X[judges])
            for m in (teacher, student)
        )
        parts.append(rsa.similarity(np.asarray(theirs), np.asarray(own)))
    right = student.predict(X[judges], verbose=0).argmax(1) == Y[judges]
    # The learning rate is 0: the trial's copy is as the student.
    expected = right.mean() + 2.0 * np.mean(parts)
    np.testing.assert_allclose(model.trials["candidate0"], expected, rtol=1e-4)


def test_who_sees_as_the_teacher_does_is_found():
    teacher = network()
    twin = keras.models.clone_model(teacher)
    twin.set_weights(teacher.get_weights())
    others = (network((3, 3)), twin, network((2, 6)))
    model = build(teacher, network((4, 6)), candidates=others, alpha=100.0)
    model.search(X, Y)
    assert len(model.trials) == 4
    assert model.student is twin


FLAT = keras.Sequential(
    [
        keras.Input((6, 6, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(3, name="logits"),
    ]
)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"candidates": (network(classes=4),)}, "score the same"),
        ({"candidates": (FLAT,)}, "no layers named stage1"),
        ({"trial_epochs": 0}, "trial_epochs must be"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
