import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.models.zipping import _merged
from tfkd.models.zipping import zip_networks

X = np.random.default_rng(0).uniform(size=(40, 8, 8, 1)).astype("float32")
NAMES = ("a", "b")


def network(classes=2, **arguments):
    arguments = {
        "filters": (3, 4),
        "strides": (1, 2),
        "dense": (5,),
        "batch_normalization": False,
        **arguments,
    }
    return models.build(
        "cnn", input_shape=(8, 8, 1), num_classes=classes, **arguments
    )


def shuffled(model, seed=0):
    """The same function, with the neurons of each layer in another order."""
    random = np.random.default_rng(seed)
    copy = keras.models.clone_model(model)
    order = None
    for old, new in zip(model.layers, copy.layers):
        if not old.weights:
            continue
        kernel, bias = old.get_weights()
        if order is not None:
            parts = kernel.reshape(
                *kernel.shape[:-2], -1, len(order), kernel.shape[-1]
            )
            kernel = parts[..., order, :].reshape(kernel.shape)
        last = old.name == "logits"
        order = np.arange(len(bias)) if last else random.permutation(len(bias))
        new.set_weights([kernel[..., order], bias[order]])
    return copy


def test_the_same_network_in_another_order_is_found_again():
    model = network()
    other = shuffled(model)
    np.testing.assert_allclose(model(X), other(X), rtol=1e-4, atol=1e-5)
    zipped = zip_networks(model, other, X, names=NAMES)
    found = zipped.predict(X, verbose=0)
    for name in NAMES:
        np.testing.assert_allclose(found[name], model(X), rtol=1e-3, atol=1e-3)


def test_hidden_layers_are_shared_and_heads_are_not():
    first, second = network(2), network(3)
    zipped = zip_networks(first, second, X, names=NAMES)
    head = 5 * 3 + 3
    assert zipped.count_params() == first.count_params() + head
    shapes = {name: z.shape for name, z in zipped.output.items()}
    assert shapes == {"a": (None, 2), "b": (None, 3)}


def test_pairs_and_weights_by_hand():
    # One input; H_A = 1, H_B = 3: H = 3/4, w = (w_A + 3 w_B) / 4.
    a, b = np.array([[0.0, 10.0]]), np.array([[9.0, 1.0]])
    weights, places = _merged([a, b], [np.eye(1), 3 * np.eye(1)])
    # |0 - 1| and |10 - 9| cost the same, less than the others.
    assert sorted(zip(*places)) == [(0, 1), (1, 0)]
    np.testing.assert_allclose(np.sort(weights[0]), [0.75, 9.25])


def test_the_merged_weights_cost_least():
    random = np.random.default_rng(1)
    a, b = random.normal(size=(2, 3, 1))
    h_a, h_b = (m @ m.T + np.eye(3) for m in random.normal(size=(2, 3, 3)))

    def cost(w):
        gaps = ((w - a, h_a), (w - b, h_b))
        return sum(0.5 * (gap.T @ h @ gap).item() for gap, h in gaps)

    weights, _ = _merged([a, b], [h_a, h_b])
    gap = a - b
    joint = np.linalg.inv(np.linalg.inv(h_a) + np.linalg.inv(h_b))
    np.testing.assert_allclose(
        cost(weights), 0.5 * (gap.T @ joint @ gap).item(), rtol=1e-10
    )
    for move in np.eye(3):
        assert cost(weights + 1e-3 * move[:, None]) > cost(weights)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="Build it without"):
        zip_networks(
            network(batch_normalization=True), network(), X, names=NAMES
        )
    with pytest.raises(InputError, match="same hidden layers"):
        zip_networks(network(), network(filters=(3, 5)), X, names=NAMES)
    with pytest.raises(InputError, match="two different names"):
        zip_networks(network(), network(), X, names=("a", "a"))


@pytest.mark.parametrize("other", [{"scale": 1 / 16}, {"strides": (1, 1)}])
def test_networks_that_compute_something_else_are_refused(other):
    with pytest.raises(InputError, match="activations and scalings"):
        zip_networks(network(), network(**other), X, names=NAMES)


def test_activations_must_be_the_same():
    def built(activation):
        return keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(3, activation),
                keras.layers.Dense(2),
            ]
        )

    x = X.reshape(-1, 4)
    zip_networks(built("relu"), built("relu"), x, names=NAMES)
    with pytest.raises(InputError, match="activations and scalings"):
        zip_networks(built("relu"), built("tanh"), x, names=NAMES)
