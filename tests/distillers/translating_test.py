import numpy as np
import pytest

from tests.conformance import cases
from tfkd import taps
from tfkd.distillers import DomainTranslator
from tfkd.distillers import TranslatingDistiller
from tfkd.errors import InputError
from tfkd.losses import TaskLoss
from tfkd.teachers import SelfTeacher

X, Y = cases.images(6)
KNOWN = np.float32([1, 0, 1, 1, 0, 0])
Y = np.where(KNOWN > 0, Y, -1)


def build(both_ways=True, student=None, tap="logits", **arguments):
    translator = DomainTranslator(
        input_shape=cases.SHAPE,
        value_range=(0.0, 16.0),
        filters=(2,),
        critic_filters=(2,),
        semantic_weight=0.0,
        both_ways=both_ways,
    )
    arguments = {"translator_epochs": 1, **arguments}
    model = TranslatingDistiller(
        translator=translator,
        student=student or cases.student(),
        teacher=SelfTeacher(),
        distillation_losses=TaskLoss(student_tap=tap),
        student_loss_weight=1.0,
        **arguments,
    )
    model.compile("adam", cases.Case().loss, run_eagerly=True)
    return model


def seen(model):
    """What the student is trained on in its first step."""
    found = []
    original = model.compute_loss

    def compute_loss(x, *args, **kwargs):
        found.append(x)
        return original(x, *args, **kwargs)

    model.compute_loss = compute_loss
    model.fit(X, Y, batch_size=6, shuffle=False, verbose=0)
    return found[0]


def test_images_with_a_label_get_the_targets_style():
    model = build()
    found = np.asarray(seen(model))
    target = KNOWN == 0
    np.testing.assert_array_equal(found[target], X[target])
    styled = np.asarray(model.to_target(X))
    np.testing.assert_allclose(found[~target], styled[~target], rtol=1e-5)
    assert not np.allclose(styled, X)


def test_a_share_is_translated_and_repeats_with_the_seed():
    model = build(translated_share=0.5)
    images, known = np.tile(X, (10, 1, 1, 1)), np.ones(60, "float32")
    first, second, third = (
        np.asarray(model.styled(images, known, step)) for step in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)
    kept = np.all(first == images, axis=(1, 2, 3)).mean()
    assert 0.2 < kept < 0.8


def test_two_networks_may_see_a_style_each():
    student, other = cases.student(), cases.student()
    model = build(
        student=student,
        both_styles=True,
        tap="source_logits",
        network=taps.with_styles(student, other),
    )
    found = seen(model)["student"]
    back = np.asarray(model.to_source(X))
    target = KNOWN == 0
    np.testing.assert_array_equal(found["source"][~target], X[~target])
    np.testing.assert_allclose(
        np.asarray(found["source"])[target], back[target], rtol=1e-5
    )


def test_translators_are_trained_once_and_frozen():
    model = build()
    before = model.to_target.get_weights()
    model.fit(X, Y, batch_size=6, verbose=0)
    trained = model.to_target.get_weights()
    assert not all(np.array_equal(b, a) for b, a in zip(before, trained))
    model.fit(X, Y, batch_size=6, verbose=0)
    for first, second in zip(trained, model.to_target.get_weights()):
        np.testing.assert_array_equal(first, second)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="translated_share must be"):
        build(translated_share=2.0)
    with pytest.raises(InputError, match="translator_learning_rate"):
        build(translator_learning_rate=0.0)
    with pytest.raises(InputError, match="both_ways=True"):
        build(both_ways=False, both_styles=True)
    with pytest.raises(InputError, match="images with labels, the source"):
        build().fit(X, verbose=0)
