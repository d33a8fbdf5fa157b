import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def translator(tokens=4):
    """Logits of every token of a sentence of vectors."""
    inputs = keras.Input((3, 2))
    logits = keras.layers.Dense(tokens, name="logits")(inputs)
    return keras.Model(inputs, logits)


def build(**arguments):
    arguments = {
        "teacher": [translator(), translator()],
        "student": translator(),
        **arguments,
    }
    return methods.get("multilingual_nmt_kd").build(**arguments)


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def data(count=6):
    x = RANDOM.normal(size=(count, 3, 2)).astype("float32")
    y = RANDOM.integers(4, size=(count, 3)).astype("int32")
    return x, np.arange(count) % 2, y


def test_every_sentence_follows_the_teacher_of_its_pair():
    distiller = build(top=2, imitation=0.6, temperature=2.0)
    distiller.compile("sgd", None)
    x, pair, y = data()
    first, second = (np.array(m.model(x)) for m in distiller.teacher.members)
    t = np.where(pair[:, None, None] == 1, second, first).astype("float64")
    s = np.array(distiller.student(x), "float64")
    q = np.where(t >= np.sort(t)[..., -2:-1], np.exp(t / 2), 0)
    q /= q.sum(axis=-1, keepdims=True)
    log_q = np.log(np.where(q > 0, q, 1))
    kl = 4 * np.sum(q * (log_q - log_softmax(s / 2)), axis=-1)
    hard = -np.take_along_axis(log_softmax(s), y[..., None], axis=-1)[..., 0]
    views = {"student": x, "teacher": {"inputs": x, "member": pair}}
    logs = distiller.train_on_batch(views, y, return_dict=True)
    expected = np.mean(0.4 * hard + 0.6 * kl)
    np.testing.assert_allclose(logs["selective_targets"], expected, rtol=1e-5)


def test_a_pair_that_the_student_knows_better_does_without_its_teacher():
    teachers = [translator(), translator()]
    distiller = build(teacher=teachers, momentum=0.0)
    distiller.compile(keras.optimizers.SGD(0.0))
    x, pair, _ = data(8)
    # The first pair's labels are the student's answers, the second's those of
    # its teacher.
    own = np.argmax(distiller.student(x), axis=-1)
    theirs = np.argmax(teachers[1](x), axis=-1)
    assert np.any(own != theirs)
    y = np.where(pair[:, None] == 0, own, theirs).astype("int32")
    views = {"student": x, "teacher": {"inputs": x, "member": pair}}
    distiller.fit(views, y, batch_size=8, verbose=0)
    (loss,) = distiller.distillation_losses
    np.testing.assert_allclose(loss.gates(), [0.0, 0.9], rtol=1e-6)


def test_stored_answers_stand_for_the_teachers():
    distiller = build()
    distiller.compile("sgd")
    x, pair, y = data()
    stored = {"logits": RANDOM.normal(size=(6, 3, 4)), "member": pair}
    logs = distiller.train_on_batch(
        {"student": x, "cached": stored}, y, return_dict=True
    )
    assert np.isfinite(logs["loss"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"student": translator(5)}, "the same positions"),
        ({"top": 0}, "top of multilingual_nmt_kd"),
        ({"imitation": 2.0}, "imitation in"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"teacher": []}, "at least one"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
