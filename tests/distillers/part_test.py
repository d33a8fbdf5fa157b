import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.distillers import PartDistiller
from tfkd.distillers import PartTrainer
from tfkd.distillers import load
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch

X = np.random.default_rng(0).uniform(size=(6, 8, 8, 1)).astype("float32")
Y = np.array([0, 1, 0, 1, 0, 1])
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def network():
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=(3, 4),
        strides=(1, 2),
    )


def distiller(student, **arguments):
    return PartDistiller(
        student=student,
        teacher=network(),
        distillation_losses=FeatureMatch(
            teacher_tap="stage2", student_tap="stage2"
        ),
        student_loss_weight=0.0,
        **arguments,
    )


def moved(model, train):
    """Names of layers of which a weight or statistic has changed."""
    before = {layer.name: layer.get_weights() for layer in model.layers}
    train()
    return {
        layer.name
        for layer in model.layers
        if any(
            not np.array_equal(a, b)
            for a, b in zip(before[layer.name], layer.get_weights())
        )
    }


def test_only_the_part_moves_statistics_included():
    student = network()
    model = distiller(student, start="stage1", end="stage2")
    model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.1), LOSS)
    found = moved(student, lambda: model.fit(X, Y, epochs=2, verbose=0))
    assert found == {"stage2_conv", "stage2_bn"}
    assert all(layer.trainable for layer in student.layers)
    found = moved(student, lambda: model.train_on_batch(X, Y))
    assert found == {"stage2_conv", "stage2_bn"}


def test_without_taps_all_that_the_loss_needs_moves():
    student = network()
    model = distiller(student)
    model.compile("sgd", LOSS)
    found = moved(student, lambda: model.fit(X, Y, verbose=0))
    assert {"stage1_conv", "stage2_conv"} <= found


def test_it_is_saved_with_its_part(tmp_path):
    model = distiller(network(), end="stage1")
    model.compile("sgd", LOSS)
    model.save(tmp_path / "part.keras")
    loaded = keras.saving.load_model(tmp_path / "part.keras")
    assert (loaded.start, loaded.end) == (None, "stage1")
    assert [layer.name for layer in loaded._layers_of_part.found] == [
        "stage1_conv",
        "stage1_bn",
    ]


def test_a_trainer_learns_the_task_with_its_part_alone():
    student = network()
    model = PartTrainer(student=student, start="stage2")
    model.compile("sgd", LOSS)
    assert moved(student, lambda: model.fit(X, Y, verbose=0)) == {"logits"}


def test_a_trainer_does_not_count_unlabelled_examples():
    logs = []
    for labels in (Y, np.where(np.arange(6) < 3, Y, -1)):
        keras.utils.set_random_seed(0)
        model = PartTrainer(student=network(), start="stage2")
        model.compile("sgd", LOSS)
        logs.append(model.evaluate(X, labels, verbose=0))
    keras.utils.set_random_seed(0)
    first = LOSS(Y[:3], network()(X[:3]))
    np.testing.assert_allclose(logs[1], first / 2, rtol=1e-5)
    assert logs[0] != pytest.approx(logs[1])


def test_nothing_to_train_is_our_error():
    with pytest.raises(InputError, match="there must be a layer to train"):
        distiller(network(), start="stage2", end="stage1")
    with pytest.raises(InputError, match="no_such"):
        distiller(network(), end="no_such")


def test_a_loaded_part_goes_on_with_its_optimizer(tmp_path):
    teacher = network()
    model = PartDistiller(
        student=network(),
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap="stage2", student_tap="stage2"
        ),
        student_loss_weight=0.0,
        start="stage1",
        end="stage2",
    )
    model.compile(keras.optimizers.Adam(0.1), LOSS)
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "part.keras")
    loaded = load(tmp_path / "part.keras", teacher=teacher)
    assert int(loaded.optimizer.iterations) == 1
    for each in (model, loaded):
        each.fit(X, Y, verbose=0)
    for first, second in zip(
        model.student.get_weights(), loaded.student.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(first, second)
