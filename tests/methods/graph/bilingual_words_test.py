import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models import bag_of_words

pytest.importorskip("sklearn")
RANDOM = np.random.default_rng(0)
# Patches of two views: a word of one is the word of the other, turned.
PATCHES = np.float32([[[1, 1], [0, 0]], [[0, 1], [0, 0]], [[1, 0], [0, 1]]])


def scenes(count):
    """A row of four patches: class 0 has many of the first kind, and so on."""
    y = np.arange(count) % 3
    kinds = np.where(
        RANDOM.uniform(size=(count, 4)) < 0.7,
        y[:, None],
        RANDOM.integers(0, 3, (count, 4)),
    )
    x = PATCHES[kinds]
    x = x + 0.05 * RANDOM.normal(size=x.shape)
    there = np.concatenate(list(x.swapaxes(0, 1)), axis=-1)[..., None]
    return there, np.rot90(there, axes=(1, 2)), y


def words(shape, groups=None, **arguments):
    return bag_of_words.build(
        input_shape=shape,
        num_classes=3,
        words=12,
        patch=2,
        groups=groups,
        **arguments,
    )


def build(**arguments):
    arguments = {
        "teacher": words((2, 8, 1)),
        "student": words((8, 2, 1), groups=4),
        **arguments,
    }
    return methods.get("bilingual_words").build(**arguments)


def test_a_view_without_labels_is_understood():
    keras.utils.set_random_seed(0)
    there, here, y = scenes(300)
    teacher, student = words((2, 8, 1)), words((8, 2, 1), groups=6)
    for model, x in ((teacher, there), (student, here)):
        model.get_layer("words").adapt(x)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    teacher.compile(keras.optimizers.Adam(0.05), loss)
    teacher.fit(there, y, epochs=15, verbose=0)
    answers = np.argmax(teacher.predict(there, verbose=0), axis=1)
    model = build(teacher=teacher, student=student)
    model.compile(keras.optimizers.Adam(0.05), loss)
    x = {"student": here, "teacher": there}
    model.fit(x, np.full(300, -1), epochs=15, verbose=0)
    found = np.argmax(student.predict(here, verbose=0), axis=1)
    assert np.mean(found == answers) > 0.8
    assert np.mean(found == y) > 0.7


def test_without_labels_only_the_other_view_trains():
    there, here, _ = scenes(30)
    model = build()
    model.distillation_losses[0].membership.assign(np.eye(12, 4))
    (loss,) = model.distillation_losses
    # Bags of the first four words; the head's logits are 0: ln 3 - H(1, 0, 0).
    model.student.get_layer("logits").kernel.assign(np.zeros((4, 3)))
    taps = {
        "words": np.ones((2, 12), "float32"),
        "logits": np.float32([[50, 0, 0]] * 2),
    }
    found = loss(taps, {"words": np.zeros((2, 12), "float32")})
    np.testing.assert_allclose(found, [np.log(3)] * 2, rtol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"student": words((8, 2, 1))}, "one layer WordGroups"),
        (
            {
                "teacher": models.build(
                    "mlp", input_shape=(4,), num_classes=3, units=(2,)
                )
            },
            "no tap",
        ),
        ({"teacher_tap": "rescale"}, "need a bag of words"),
        ({"student_tap": "logits"}, "which the student groups"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
