import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(4, 6)).astype("float32")
Y = np.array([0, 2, 1, 1])


def network(size, classes=3):
    return models.build(
        "mlp", input_shape=(size,), num_classes=classes, units=(5,)
    )


def build(**arguments):
    arguments = {"teacher": network(4), "student": network(6), **arguments}
    model = methods.get("av_acoustic_images").build(**arguments)
    model.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    return model


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def expected(model, teacher_logits, share, temperature):
    """Cross-entropies of labels and of the softened teacher."""
    p = softmax(np.array(model.student(X), "float64"))
    q = softmax(np.array(teacher_logits, "float64") / temperature)
    hard = -np.mean(np.log(p[np.arange(4), Y]))
    soft = np.mean(np.sum(q * np.log(q / p), axis=-1))
    return (1 - share) * hard + share * soft


def test_only_the_teacher_is_softened():
    model = build(imitation=0.3, temperature=5.0)
    images = RANDOM.normal(size=(4, 4)).astype("float32")
    value = expected(model, model.teacher.model(images), 0.3, 5.0)
    logs = model.train_on_batch(
        {"student": X, "teacher": images}, Y, return_dict=True
    )
    np.testing.assert_allclose(logs["loss"], value, rtol=1e-4)


def test_logits_of_a_clips_images_are_averaged():
    model = build(frames=True)
    clips = RANDOM.normal(size=(4, 3, 4)).astype("float32")
    image = model.teacher.member.model
    mean = np.mean([np.array(image(clips[:, f])) for f in range(3)], axis=0)
    value = expected(model, mean, 0.5, 1.0)
    logs = model.train_on_batch(
        {"student": X, "teacher": clips}, Y, return_dict=True
    )
    np.testing.assert_allclose(logs["loss"], value, rtol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": network(4, 2)}, "the same classes"),
        ({"imitation": 1.5}, r"a share in \[0, 1\]"),
        ({"temperature": -1.0}, "temperature must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
