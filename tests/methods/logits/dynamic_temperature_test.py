import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(classes=3):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": mlp(), "student": mlp(), **arguments}
    return methods.get("dynamic_temperature").build(**arguments)


def values(distiller, teacher, student):
    (loss,) = distiller.distillation_losses
    return np.array(loss({"logits": teacher}, {"logits": student}))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


T, S = np.random.default_rng(0).normal(size=(2, 4, 3))


@pytest.mark.parametrize("score", ["similarity", "confidence"])
def test_is_the_papers_equation(score):
    if score == "similarity":
        norms = np.linalg.norm(T, axis=1) * np.linalg.norm(S, axis=1)
        w = np.sqrt(1 - np.sum(T * S, axis=1) / norms)
    else:
        w = 1 / softmax(S).max(axis=1)
    temperature = np.maximum(4 + 3 * (w.mean() - w), 2.0)[:, None]
    q, p = softmax(T / temperature), softmax(S / temperature)
    kl = np.sum(q * np.log(q / p), axis=1)
    expected = temperature[:, 0] ** 2 * kl
    distiller = build(score=score, bias=3.0, power=0.5, minimum=2.0)
    found = values(distiller, T.astype("float32"), S.astype("float32"))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_without_bias_it_is_hinton_kd():
    t, s = T.astype("float32"), S.astype("float32")
    hinton = methods.get("hinton_kd").build(
        teacher=mlp(), student=mlp(), temperature=4.0
    )
    found = values(build(bias=0.0), t, s)
    np.testing.assert_allclose(found, values(hinton, t, s), rtol=1e-6)


def test_a_confusing_neighbour_softens_the_target_of_the_others():
    t, s = T.astype("float32")[:1], S.astype("float32")[:1]
    alone = values(build(temperature=4.0), t, s)[0]
    # cos = -1, w = 2 for the neighbour; the mean, and T_0, rise.
    pair = values(
        build(temperature=4.0), np.repeat(t, 2, 0), np.concatenate([s, -t])
    )
    w = 1 - np.sum(T[0] * S[0]) / np.linalg.norm(T[0]) / np.linalg.norm(S[0])
    risen = 4 + 10 * ((w + 2) / 2 - w)
    hinton = methods.get("hinton_kd").build(
        teacher=mlp(), student=mlp(), temperature=risen
    )
    np.testing.assert_allclose(pair[0], values(hinton, t, s)[0], rtol=1e-4)
    assert pair[0] != alone


def test_bad_arguments_are_our_errors():
    with pytest.raises(InputError, match="Closest: 'confidence'"):
        build(score="confident")
    with pytest.raises(InputError, match="bias >= 0"):
        build(bias=-1.0)
    with pytest.raises(InputError, match="score the same"):
        build(teacher=mlp(4))
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
