import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ModalityGraph

RANDOM = np.random.default_rng(0)
CLASSES, WIDTH = 3, 4


def made(count=2, **arguments):
    loss = ModalityGraph(
        teacher_logits=[f"{i}/logits" for i in range(count)],
        teacher_features=[f"{i}/embedding" for i in range(count)],
        **{"units": 2, **arguments},
    )
    specs = {
        "logits": keras.KerasTensor((None, CLASSES)),
        "embedding": keras.KerasTensor((None, WIDTH)),
    }
    teacher = {
        f"{i}/{name}": spec
        for i in range(count)
        for name, spec in specs.items()
    }
    loss.setup(teacher, specs)
    return loss


def taps(batch=5, count=2, dtype="float32"):
    def draw():
        return {
            "logits": RANDOM.normal(size=(batch, CLASSES)).astype(dtype),
            "embedding": RANDOM.normal(size=(batch, WIDTH)).astype(dtype),
        }

    teacher = {
        f"{i}/{name}": x for i in range(count) for name, x in draw().items()
    }
    return teacher, draw()


def cosine_distance(a, b):
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return 1 - np.sum(a * b, axis=-1) / norms


def test_the_value_is_the_equation():
    loss = made(prior=(3, 1), sharpness=0.5)
    teacher, student = taps()
    w_z, b_z, w_f, b_f, w = (np.array(v, "float64") for v in loss.weights)

    def node(taps, prefix=""):
        z, f = taps[f"{prefix}logits"], taps[f"{prefix}embedding"]
        return np.concatenate([z @ w_z + b_z, f @ w_f + b_f], axis=-1)

    scores = [
        np.concatenate([node(student), node(teacher, f"{k}/")], -1) @ w
        for k in range(2)
    ]
    e = np.exp(0.5 * np.concatenate(scores, axis=-1))
    g = e / e.sum(-1, keepdims=True)
    prior = np.array([0.75, 0.25])
    expected = 10 * np.sum((g.mean(0) - prior) ** 2)
    for k in range(2):
        distance = 10 * cosine_distance(
            teacher[f"{k}/logits"], student["logits"]
        ) + cosine_distance(teacher[f"{k}/embedding"], student["embedding"])
        expected = expected + (g[:, k] + prior[k]) * distance
    np.testing.assert_allclose(loss.edges(teacher, student), g, rtol=1e-5)
    np.testing.assert_allclose(loss(teacher, student), expected, rtol=1e-5)


def test_equal_edges_are_a_mean_of_modalities():
    # At sharpness 0, g = p = 1/2: L = sum_k d_k with l_z = 1, l_f = 0.
    loss = made(sharpness=0.0, logit_weight=1.0, feature_weight=0.0)
    teacher, student = taps()
    expected = sum(
        cosine_distance(teacher[f"{k}/logits"], student["logits"])
        for k in range(2)
    )
    np.testing.assert_allclose(loss(teacher, student), expected, rtol=1e-5)


def test_the_edge_from_a_misleading_modality_gets_weaker():
    # Modality 0 says what the student says, modality 1 the opposite.
    loss = made(prior_weight=0.0, sharpness=1.0)
    teacher, student = taps(batch=16)
    for name, x in student.items():
        teacher[f"0/{name}"], teacher[f"1/{name}"] = x, -x
    optimizer = keras.optimizers.Adam(0.05)
    optimizer.build(loss.trainable_variables)
    before = np.mean(loss.edges(teacher, student)[:, 1])
    for _ in range(100):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss(teacher, student))
        gradients = tape.gradient(value, loss.trainable_variables)
        optimizer.apply(gradients)
    assert np.mean(loss.edges(teacher, student)[:, 1]) < 0.75 * before


def test_gradient():
    loss = made(dtype="float64", sharpness=1.0)
    teacher, student = taps(dtype="float64")
    other = tf.constant(student["embedding"])
    assert_gradient(
        lambda z: loss(teacher, {"logits": z, "embedding": other}),
        student["logits"],
    )


def test_round_trip():
    loss = made(prior=(1, 3), feature_weight=2.0)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="at least one modality"):
        ModalityGraph(teacher_logits=(), teacher_features=())
    with pytest.raises(InputError, match="units >= 1 and finite"):
        made(units=0)
    with pytest.raises(InputError, match="units >= 1 and finite"):
        made(prior_weight=-1.0)
    with pytest.raises(InputError, match="prior of modalities must be 2"):
        made(prior=(1, 1, 1))
    loss = ModalityGraph(teacher_logits=["t"], teacher_features=["f"])
    with pytest.raises(InputError, match="taps of one known shape"):
        loss.setup(
            {
                "t": keras.KerasTensor((None, 3)),
                "f": keras.KerasTensor((None, 5)),
            },
            {
                "logits": keras.KerasTensor((None, 3)),
                "embedding": keras.KerasTensor((None, 4)),
            },
        )


def test_answers_may_be_compared_by_the_probability_that_has_to_move():
    # Equal edges 1/2 and priors 1/2. (1/2, 1/4, 1/4) against (1/4, 1/4, 1/2):
    # 1/4 moves; against itself nothing.
    loss = made(
        sharpness=0.0,
        logit_distance="earth_mover",
        logit_weight=2.0,
        feature_weight=0.0,
    )
    p = np.log(np.float32([[2, 1, 1]]))
    q = np.log(np.float32([[1, 1, 2]]))
    f = np.ones((1, WIDTH), "float32")
    teacher = {"0/logits": q, "1/logits": p}
    teacher |= {"0/embedding": f, "1/embedding": f}
    found = loss(teacher, {"logits": p, "embedding": f})
    np.testing.assert_allclose(found, [2 * 0.25], rtol=1e-5)
    assert ModalityGraph.from_config(loss.get_config()).logit_distance == (
        "earth_mover"
    )


def test_an_unknown_distance_is_our_error():
    with pytest.raises(InputError, match="distance of logits"):
        made(logit_distance="euclid")
