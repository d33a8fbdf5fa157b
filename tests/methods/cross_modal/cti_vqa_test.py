import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)
SIZES = {"image": 3, "question": 2, "answer": 4}


def joined(*names, answers=3):
    """A network of the product of all that it sees, as in the paper."""
    inputs = {n: keras.Input((SIZES[n],), name=n) for n in names}
    parts = [keras.layers.Dense(5)(one) for one in inputs.values()]
    x = keras.layers.Multiply()(parts)
    return keras.Model(inputs, keras.layers.Dense(answers)(x))


def build(**arguments):
    arguments = {
        "teacher": joined("image", "question", "answer"),
        "student": joined("image", "question"),
        **arguments,
    }
    return methods.get("cti_vqa").build(**arguments)


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def test_is_the_authors_sum_of_both_parts():
    distiller = build(temperature=3.0, imitation=0.3)
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    distiller.compile("sgd", bce)
    every = {
        name: RANDOM.normal(size=(4, size)).astype("float32")
        for name, size in SIZES.items()
    }
    seen = {name: every[name] for name in ("image", "question")}
    # Soft scores of answers, as of several people.
    y = np.float32([[1, 0.3, 0], [0, 0, 0.6], [0, 1, 0], [0.3, 0, 1]])
    t = np.array(distiller.teacher.model(every), "float64")
    s = np.array(distiller.student(seen), "float64")
    q, p = log_softmax(t / 3), log_softmax(s / 3)
    kl = np.mean(np.sum(np.exp(q) * (q - p), axis=-1))
    yes, no = np.log1p(np.exp(-s)), np.log1p(np.exp(s))
    hard = np.mean(y * yes + (1 - y) * no)
    x = {"student": seen, "teacher": every}
    logs = distiller.train_on_batch(x, y, return_dict=True)
    # 0.3 * 3^2 = 2.7
    expected = 0.7 * hard + 2.7 * kl
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_the_student_answers_without_the_answer():
    distiller = build()
    distiller.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    seen = {"image": np.ones((2, 3)), "question": np.ones((2, 2))}
    assert distiller.predict(seen, verbose=0).shape == (2, 3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": joined("image", answers=4)}, "score the same classes"),
        ({"imitation": 1.5}, "share in"),
        ({"temperature": 0.0}, "temperature must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
