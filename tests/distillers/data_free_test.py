import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import dense
from tfkd.distillers import DataFreeDistiller
from tfkd.distillers import load
from tfkd.errors import InputError
from tfkd.losses import ConfidentImages
from tfkd.losses import Opposed
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.teachers import SelfTeacher

IMAGES = np.random.default_rng(0).uniform(0, 16, (6, 5))
LABELS = np.arange(6) % 4


def generator():
    """From noise to images in [0, 16]; with batch statistics."""
    keras.utils.set_random_seed(2)
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(6),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(5, "sigmoid"),
            keras.layers.Rescaling(16.0),
        ]
    )


def build(run_eagerly=True, seed=0, task_weight=0.0, **arguments):
    model = DataFreeDistiller(
        teacher=dense((9,)),
        student=dense(seed=1),
        generator=generator(),
        distillation_losses=SoftTargets(),
        student_loss_weight=task_weight,
        seed=seed,
        **{
            "generator_losses": ConfidentImages(feature_tap="stage1"),
            **arguments,
        },
    )
    # Eagerly: a few steps cost less than their compilation.
    model.compile(
        keras.optimizers.Adam(1e-2),
        SPARSE,
        metrics=["accuracy"],
        run_eagerly=run_eagerly,
    )
    return model


def fit(model, **arguments):
    return model.fit(
        epochs=2, steps_per_epoch=2, batch_size=4, verbose=0, **arguments
    ).history


def test_trains_student_and_generator_on_no_data():
    model = build(run_eagerly=False)
    parts = model.teacher.model, model.student, model.generator
    before = [part.get_weights() for part in parts]
    history = fit(model)
    assert {"loss", "soft_targets", "generator"} <= set(history)
    assert "accuracy" not in history
    for values in history.values():
        assert len(values) == 2
        assert np.all(np.isfinite(values))
    same = [
        all(np.array_equal(b, a) for b, a in zip(weights, part.get_weights()))
        for weights, part in zip(before, parts)
    ]
    assert same == [True, False, False]


def test_repeats_with_the_seed():
    first, again, other = (build(seed=seed) for seed in (1, 1, 2))
    histories = [fit(model) for model in (first, again, other)]
    losses = [history["loss"] for history in histories]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)
    assert not np.allclose(losses[0], losses[2], rtol=1e-3)
    np.testing.assert_allclose(first.generate(3), again.generate(3), rtol=1e-5)


def test_each_step_sees_other_images_and_the_student_those_made():
    model = build()
    seen = []
    original = model.compute_loss

    def compute_loss(x, *args, **kwargs):
        seen.append(np.asarray(x))
        return original(x, *args, **kwargs)

    model.compute_loss = compute_loss
    model.fit(epochs=1, steps_per_epoch=2, batch_size=4, verbose=0)
    assert [images.shape for images in seen] == [(4, 5)] * 2
    assert not np.array_equal(*seen)


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_the_generator_moves_in_the_first_of_the_students_steps(run_eagerly):
    model = build(
        run_eagerly,
        student_steps=3,
        generator_losses=Opposed(SoftTargets(name="gap")),
    )
    moved, seen = [], [model.generator.get_weights()[0]]
    student = [model.student.get_weights()[0]]
    for _ in range(4):
        model.fit(steps_per_epoch=1, batch_size=4, verbose=0)
        seen.append(model.generator.get_weights()[0])
        moved.append(not np.array_equal(*seen[-2:]))
        student.append(model.student.get_weights()[0])
        assert not np.array_equal(*student[-2:])
    assert moved == [True, False, False, True]
    assert model.generator_optimizer.iterations == 2


def test_held_noise_is_that_of_the_generators_step():
    noises = []
    for hold_noise in (True, False):
        model = build(student_steps=2, hold_noise=hold_noise)
        model._noise = lambda count, seed: (
            noises.append(int(seed[1])) or (np.zeros((count, 4), "float32"))
        )
        model.fit(steps_per_epoch=4, batch_size=4, verbose=0)
    assert noises == [0, 0, 1, 1, 0, 1, 2, 3]


def test_an_opposed_loss_raises_what_the_student_lowers():
    model = build(generator_losses=Opposed(SoftTargets(name="gap")))
    model.optimizer.learning_rate = 0.0  # The student stands still.
    history = model.fit(
        epochs=2, steps_per_epoch=30, batch_size=32, verbose=0
    ).history
    assert history["soft_targets"][1] > 1.1 * history["soft_targets"][0]


def test_goes_on_after_loading_as_if_nothing_happened(tmp_path):
    model = build()
    fit(model)
    path = tmp_path / "distiller.keras"
    model.save(path)
    loaded = load(path, teacher=model.teacher.model)
    np.testing.assert_array_equal(model.generate(2), loaded.generate(2))
    assert fit(model) == fit(loaded)


def test_given_images_are_distilled_on_beside_made_ones():
    model = build(task_weight=1.0)
    history = model.fit(IMAGES, LABELS, batch_size=3, verbose=0).history
    # Six given and six made ones; the made ones have no label.
    assert model._trackers["soft_targets"].count == 12
    assert history["task_loss"][0] > 0
    history = build().fit(IMAGES, batch_size=3, verbose=0).history
    assert history["task_loss"] == [0.0]


def test_labels_may_be_one_hot():
    model = build(task_weight=1.0)
    model.compile(
        "adam", keras.losses.CategoricalCrossentropy(True), run_eagerly=True
    )
    history = model.fit(IMAGES, np.eye(4)[LABELS], verbose=0).history
    assert np.isfinite(history["task_loss"][0])


def test_validates_on_real_data():
    history = fit(build(), validation_data=(IMAGES, LABELS))
    assert len(history["val_accuracy"]) == 2
    assert "accuracy" not in history


def test_made_images_are_in_range():
    images = build().generate(5)
    assert images.shape == (5, 5)
    assert images.min() >= 0
    assert images.max() <= 16
    assert not np.array_equal(images, build().generate(5, number=1))


def test_mistakes_are_named():
    with pytest.raises(InputError, match="student_steps must be"):
        build(student_steps=0)
    with pytest.raises(InputError, match="labels y without images"):
        build().fit(y=LABELS)
    parts = {
        "student": dense(seed=1),
        "generator": generator(),
        "distillation_losses": SoftTargets(),
    }
    with pytest.raises(InputError, match="neither labels nor index"):
        DataFreeDistiller(
            teacher=dense((9,)),
            generator_losses=TaskLoss(student_tap="logits"),
            **parts,
        )
    with pytest.raises(InputError, match="received SelfTeacher"):
        DataFreeDistiller(
            teacher=SelfTeacher(), generator_losses=ConfidentImages(), **parts
        )
