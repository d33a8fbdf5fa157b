import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.training import precision
from tfkd.training import trainer

NAMES = ("mixed_float16", "mixed_bfloat16")


def zoo(name):
    sizes = {
        "mlp": {"units": (8, 6)},
        "vit_tiny": {"width": 8, "patch": 2},
    }
    with trainer.seeded(1):
        return models.build(
            name,
            input_shape=(8, 8, 1),
            num_classes=3,
            scale=1 / 16,
            **sizes.get(name, {"filters": (4, 6, 8)}),
        )


def images(count=64):
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, count)
    values = random.integers(0, 8, (count, 8, 8, 1)).astype("float32")
    values[np.arange(count), labels] += 8
    return values, labels


@pytest.mark.parametrize("name", models.names())
def test_a_cast_model_computes_in_16_bits_and_keeps_its_weights(name):
    model = zoo(name)
    twin = precision.cast(model, "mixed_bfloat16")
    computed = {layer.compute_dtype for layer in twin.layers}
    assert computed == {"float32", "bfloat16"}
    assert {weight.dtype for weight in twin.trainable_weights} == {"float32"}
    assert all(map(np.array_equal, model.get_weights(), twin.get_weights()))
    x, _ = images()
    half, whole = twin(x), model(x)
    assert half.dtype == "float32"
    # bfloat16 has 8 bits of mantissa.
    np.testing.assert_allclose(half, whole, rtol=0.1, atol=0.1)
    assert not np.array_equal(half, whole)
    assert keras.config.dtype_policy().name == "float32"


def test_float32_is_the_model_itself():
    model = zoo("cnn")
    assert precision.cast(model, "float32") is model
    optimizer = keras.optimizers.SGD(0.1)
    assert precision.scaled(optimizer, "float32") is optimizer


def test_layers_within_layers_are_cast_too():
    with trainer.seeded(0):
        inputs = keras.Input((8, 8, 1))
        inner = keras.Sequential(
            [keras.layers.Conv2D(4, 3), keras.layers.Flatten()]
        )
        h = keras.layers.TimeDistributed(keras.layers.Dense(5))(inputs)
        h = keras.layers.Conv2D(1, 1)(h)
        outputs = keras.layers.Dense(3)(inner(h))
        model = keras.Model(inputs, outputs)
    twin = precision.cast(model, "mixed_float16")
    wrapped = twin.layers[1]
    assert wrapped.layer.compute_dtype == "float16"
    nested = next(x for x in twin.layers if isinstance(x, keras.Sequential))
    assert nested.layers[0].compute_dtype == "float16"
    assert twin.layers[-1].compute_dtype == "float32"


def test_operations_at_the_end_compute_in_float32():
    inputs = keras.Input((4,))
    scores = keras.layers.Dense(3)(keras.layers.Dense(5)(inputs))
    model = keras.Model(inputs, keras.ops.log_softmax(40.0 * scores))
    twin = precision.cast(model, "mixed_float16")
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    assert twin(x).dtype == "float32"
    kinds = [layer.compute_dtype for layer in twin.layers[1:]]
    assert kinds == ["float16", "float32"]


def test_a_cast_normalization_keeps_its_statistics():
    x = np.random.default_rng(0).normal(90, 30, (50, 4)).astype("float32")
    layer = keras.layers.Normalization()
    layer.adapt(x)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(3)(layer(inputs)))
    twin = precision.cast(model, "mixed_float16")
    np.testing.assert_allclose(twin(x), model(x), atol=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_a_mixed_training_learns_and_its_weights_go_back(name):
    x, y = images(120)
    model = zoo("cnn")
    twin = precision.cast(model, name)
    trainer.train(
        twin,
        x,
        y,
        epochs=20,
        batch_size=30,
        learning_rate=1e-2,
        precision=name,
    )
    model.set_weights(twin.get_weights())
    assert trainer.accuracy(model, x, y) > 0.9
    assert model.output.dtype == "float32"


def test_only_float16_has_a_loss_scale():
    def optimizer(name):
        return precision.scaled(keras.optimizers.SGD(0.1), name)

    assert isinstance(optimizer("mixed_float16"), precision.LossScale)
    assert not isinstance(optimizer("mixed_bfloat16"), precision.LossScale)


def test_a_killed_mixed_training_ends_with_the_same_bits(tmp_path):
    x, y = images()

    class Kill(Exception):
        pass

    def kill(**values):
        if values["epoch"].startswith("2/"):
            raise Kill

    def train(**arguments):
        twin = precision.cast(zoo("mlp"), "mixed_float16")
        trainer.train(
            twin,
            x,
            y,
            epochs=3,
            batch_size=16,
            learning_rate=1e-2,
            precision="mixed_float16",
            **arguments,
        )
        return twin.get_weights()

    straight = train()
    with pytest.raises(Kill):
        train(report=kill, backup_dir=str(tmp_path))
    restarted = train(backup_dir=str(tmp_path))
    assert all(map(np.array_equal, straight, restarted))
