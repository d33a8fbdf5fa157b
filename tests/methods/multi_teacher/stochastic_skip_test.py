import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

X, Y = cases.images(8)


def build(**arguments):
    arguments.setdefault("teacher", cases.deep_teacher())
    return methods.get("stochastic_skip").build(
        student=cases.student(), **arguments
    )


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sub_network(model, kept):
    """The zoo's residual network, block by block, some left out."""
    layer = model.get_layer
    x = layer("rescaling")(X)
    for name in ("stem_conv", "stem_bn", "stem"):
        x = layer(name)(x)
    for stage, keep in enumerate(kept, start=1):
        shortcut = x
        if stage > 1:
            for name in ("conv", "bn"):
                shortcut = layer(f"stage{stage}_shortcut_{name}")(shortcut)
        if keep:
            for name in ("a_conv", "a_bn", "a", "b_conv", "b_bn"):
                x = layer(f"stage{stage}_{name}")(x)
            shortcut = shortcut + x
        x = keras.ops.relu(shortcut)
    return layer("logits")(keras.ops.mean(x, axis=(1, 2)))


def test_total_is_the_loss_of_a_random_sub_network():
    distiller = build(
        rate=0.5, temperature=2.0, weight=0.6, task_weight=0.4, seed=4
    )
    distiller.compile("sgd", cases.Case().loss)
    # One number a block, in the order of the blocks.
    generator = keras.random.SeedGenerator(4)
    draws = [float(keras.random.uniform((), seed=generator)) for _ in "123"]
    kept = [draw >= 0.5 for draw in draws]
    assert 0 < sum(kept) < 3
    t = np.asarray(sub_network(distiller.teacher.model, kept), "float64")
    s = np.asarray(distiller.student(X, training=True), "float64")
    labels = -np.mean(np.log(softmax(s)[np.arange(8), Y]))
    q, p = softmax(t / 2), softmax(s / 2)
    soft = 4 * np.mean(np.sum(q * np.log(q / p), axis=1))
    logs = distiller.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["soft_targets"], soft, rtol=1e-4)
    expected = 0.4 * labels + 0.6 * soft
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_blocks_of_a_plain_network_can_be_named():
    distiller = build(
        teacher=cases.cnn((6, 6, 12)), blocks=(("stage1_conv", "stage1"),)
    )
    assert distiller.teacher._rewritten.skipped == ["stage1"]


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="needs blocks to skip"):
        build(teacher=cases.teacher())
    with pytest.raises(InputError, match="keeps the shape"):
        build(teacher=cases.teacher(), blocks=(("stage1", "stage2"),))
    with pytest.raises(InputError, match="rate must be"):
        build(rate=1.0)
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
