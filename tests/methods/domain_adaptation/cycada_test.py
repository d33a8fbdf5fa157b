import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

X, Y = cases.images(6)
Y = np.where(np.arange(6) < 4, Y, -1)


def build(**arguments):
    arguments = {
        "teacher": cases.student(),
        "student": cases.student(),
        "value_range": (0.0, 16.0),
        "translator_epochs": 1,
        "filters": (2,),
        "critic_filters": (3,),
        **arguments,
    }
    return methods.get("cycada").build(**arguments)


def softplus(x):
    return np.log1p(np.exp(x))


def test_stage_2_is_the_equation_on_translated_images():
    # A sum of the labels' term and the game of logits.
    model = build(weight=2.0)
    model.compile("sgd", cases.Case().loss, run_eagerly=True)
    model.fit(X, Y, batch_size=6, epochs=1, shuffle=False, verbose=0)
    images = model.styled(X, np.float32(Y >= 0), 0)
    z = np.asarray(model.student(images, training=True), "float64")
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    # The mean over all six: a share of 4 / 6 has labels.
    expected = -log_p[np.arange(4), Y[:4]].sum() / 6
    (game,) = model.distillation_losses
    scores = np.asarray(game.critic(z.astype("float32")), "float64")
    source, target = scores[:4], scores[4:]
    expected += 2 * (
        softplus(-target).mean()
        + 0.5 * (softplus(-source).mean() + softplus(target).mean())
    )
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-3)


def test_the_teacher_judges_what_is_translated():
    teacher = cases.student()
    model = build(teacher=teacher, cycle_weight=3.0, semantic_weight=0.5)
    stage = model._stage.model
    assert stage._judge.model is teacher
    assert (stage.cycle_weight, stage.semantic_weight) == (3.0, 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": cases.cnn((2, 3, 4), classes=3)}, "of the source domain"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"kind": "wgan"}, "kind of domain game"),
        ({"translator_epochs": 0}, "translator_epochs must be"),
        ({"translator_learning_rate": 1.0}, "translator_learning_rate"),
        ({"cycle_weight": -1.0}, "finite numbers >= 0"),
        ({"semantic_weight": -1.0}, "finite numbers >= 0"),
        ({"filters": ()}, "A translator needs"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
