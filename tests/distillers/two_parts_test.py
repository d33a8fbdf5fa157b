import keras
import numpy as np
import pytest

from tests.conformance.cases.base import cnn
from tfkd.distillers import TwoPartDistiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch

X = np.random.default_rng(0).uniform(0, 16, (4, 8, 8, 1)).astype("float32")
Y = np.array([0, 1, 0, 1])
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
FRONT = {"stage1_conv", "stage1_bn", "stage2_conv", "stage2_bn"}


def build(end="stage2", steps=2, **arguments):
    model = TwoPartDistiller(
        student=cnn((2, 3, 3), classes=2),
        teacher=cnn((2, 3, 3), classes=2),
        distillation_losses=FeatureMatch(
            teacher_tap="stage2", student_tap="stage2"
        ),
        end=end,
        steps=steps,
    )
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    model.compile(optimizer, LOSS, jit_compile=False, **arguments)
    model.adapt(X, Y)
    return model


def moved(model, train):
    """Names of layers of which a weight or statistic has changed."""
    layers = model.student.layers
    before = {layer.name: layer.get_weights() for layer in layers}
    train()
    return {
        layer.name
        for layer in layers
        if not all(map(np.array_equal, before[layer.name], layer.get_weights()))
    }


@pytest.mark.parametrize("eager", [False, True])
def test_the_front_moves_first_and_then_what_lies_behind(eager):
    model = build(run_eagerly=eager)
    behind = {"stage3_conv", "stage3_bn", "logits"}
    # Momentum and decay of weights would move what is frozen, too.
    assert moved(model, lambda: model.train_on_batch(X, Y)) == FRONT
    # Steps 1 and 2 of one fit: one of each part.
    everything = moved(model, lambda: model.fit(X, Y, batch_size=2, verbose=0))
    assert everything == FRONT | behind
    assert moved(model, lambda: model.train_on_batch(X, Y)) == behind
    assert all(layer.trainable for layer in model.student.layers)


def test_a_loaded_training_goes_on_in_its_part(tmp_path):
    model = build(steps=1)
    model.train_on_batch(X, Y)
    model.save(tmp_path / "two.keras")
    loaded = keras.saving.load_model(tmp_path / "two.keras")
    assert (loaded.end, loaded.steps) == ("stage2", 1)
    loaded.set_teacher(model.teacher.model)
    assert "stage1_conv" not in moved(
        loaded, lambda: loaded.train_on_batch(X, Y)
    )


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="Before and behind the tap"):
        build(end="logits")
    with pytest.raises(InputError, match="steps must be a whole number"):
        build(steps=0)
    model = build(steps=3, steps_per_execution=2)
    with pytest.raises(InputError, match="Choose a multiple"):
        model.fit(X, Y, batch_size=2, verbose=0)
