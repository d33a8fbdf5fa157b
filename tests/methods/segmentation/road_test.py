import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import segmentation
from tfkd.transforms import Regressor


def network(filters=(2, 3)):
    return segmentation.model(
        input_shape=(8, 8, 1), num_classes=3, filters=filters
    )


def build(**arguments):
    arguments = {
        "teacher": network(),
        "student": network(),
        "grid": (2, 2),
        "critic_filters": (2,),
        **arguments,
    }
    return methods.get("road").build(**arguments)


def softplus(x):
    return np.log1p(np.exp(x))


def test_total_is_the_equation():
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 4, 4, 4, 3)).astype("float32")
    y = np.zeros((4, 8, 8), int)
    y[2:] = -1
    style, game = build(weight=2.0, critic_weight=3.0).distillation_losses
    norms = np.linalg.norm(t - s, axis=-1).mean((1, 2))
    scores = np.asarray(game.critic(s), "float64")
    assert scores.shape == (4, 4)
    source, target = scores[:2], scores[2:]
    expected = 2 * norms[2:].mean() + 3 * (
        softplus(-target).mean()
        + 0.5 * (softplus(-source).mean() + softplus(target).mean())
    )
    found = sum(
        float(loss.weight(0))
        * np.mean(loss({"stage2": t}, {"stage2": s}, labels=y))
        for loss in (style, game)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_features_of_labelled_images_are_free():
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 2, 4, 4, 3)).astype("float32")
    style, _ = build().distillation_losses
    found = style({"stage2": t}, {"stage2": s}, labels=np.zeros((2, 8, 8), int))
    np.testing.assert_array_equal(found, [0.0, 0.0])


def test_features_of_other_widths_are_regressed():
    style, _ = build(teacher=network((2, 5))).distillation_losses
    assert isinstance(style.student_transform, Regressor)
    style, _ = build().distillation_losses
    assert not style.student_transform.weights


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"grid": (5, 1)}, "critic of regions"),
        ({"weight": -1.0}, "weight must be"),
        ({"critic_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"student_tap": "no_such"}, "no_such"),
        ({"teacher_tap": "stage1"}, "maps of one size"),
        ({"student": cases.student()}, "dense logits"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
