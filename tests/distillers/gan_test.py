import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd.distillers import ClassGAN
from tfkd.distillers import GANDistiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch

X, Y = cases.images(12)


def build(made_share=0.5, teacher=None, seed=0, **arguments):
    gan = ClassGAN(
        input_shape=cases.SHAPE,
        classes=cases.CLASSES,
        value_range=(0.0, 16.0),
        noise_size=4,
        filters=(4, 3),
    )
    arguments = {"gan_epochs": 1, **arguments}
    model = GANDistiller(
        gan=gan,
        made_share=made_share,
        seed=seed,
        student=cases.student(),
        teacher=teacher or cases.teacher(),
        distillation_losses=FeatureMatch(
            teacher_tap="logits", student_tap="logits"
        ),
        student_loss_weight=1.0,
        **arguments,
    )
    model.compile("adam", cases.Case().loss, run_eagerly=True)
    return model


def batches(model, epochs):
    """What the student is trained on, inputs and labels of each step."""
    seen = []
    original = model.compute_loss

    def compute_loss(x, y, *args, **kwargs):
        seen.append((np.asarray(x), np.asarray(y)))
        return original(x, y, *args, **kwargs)

    model.compute_loss = compute_loss
    model.fit(X, Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0)
    return seen


def test_batches_are_made_or_real_and_made_ones_have_no_label():
    made = real = 0
    for step, (x, y) in enumerate(batches(build(), 6)):
        first = 4 * (step % 3)
        if np.array_equal(x, X[first : first + 4]):
            np.testing.assert_array_equal(y, Y[first : first + 4])
            real += 1
        else:
            np.testing.assert_array_equal(y, -1)
            assert x.min() >= 0
            assert x.max() <= 16
            made += 1
    assert made > 3
    assert real > 3


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_may_be_nothing_or_all(share):
    for _, y in batches(build(share), 2):
        assert np.all(y == -1) == (share == 1.0)


def test_the_gan_is_trained_once_and_only_before():
    model = build()
    before = model.generator.get_weights()
    model.fit(X, Y, batch_size=4, verbose=0)
    trained = model.generator.get_weights()
    assert not all(np.array_equal(b, a) for b, a in zip(before, trained))
    model.fit(X, Y, batch_size=4, verbose=0)
    for first, second in zip(trained, model.generator.get_weights()):
        np.testing.assert_array_equal(first, second)
    own = {id(v) for v in model.generator.variables}
    assert not own & {id(v) for v in model.trainable_variables}


@pytest.mark.parametrize(
    "labels", [Y, Y[:, None], np.eye(4, dtype="float32")[Y]]
)
def test_the_gan_learns_labels_as_a_batch_carries_them(labels):
    rows = build()._rows(X, labels)
    np.testing.assert_array_equal(rows, np.eye(4)[Y])


def test_the_teacher_names_what_has_no_label():
    teacher = cases.teacher()
    model = build(teacher=teacher)
    answers = np.argmax(np.asarray(teacher(X)), axis=1)
    np.testing.assert_array_equal(model._rows(X, None), np.eye(4)[answers])
    some = np.where(np.arange(12) < 6, Y, -1)
    expected = np.where(np.arange(12) < 6, Y, answers)
    np.testing.assert_array_equal(model._rows(X, some), np.eye(4)[expected])


def test_made_inputs_repeat_with_the_seed_and_change_with_the_step():
    model = build(1.0)
    first, second, third = (
        np.asarray(model._make(4, keras.ops.convert_to_tensor(seed)))
        for seed in ([0, 1], [0, 1], [0, 2])
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="made_share must be"):
        build(1.5)
    with pytest.raises(InputError, match="gan_learning_rate"):
        build(gan_learning_rate=0.0)
    with pytest.raises(InputError, match="inputs that are one array"):
        build().fit({"student": X}, Y)
    with pytest.raises(InputError, match="when a method built it"):
        build().get_config()
