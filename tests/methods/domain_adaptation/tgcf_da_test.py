import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.schedules import Constant
from tfkd.tasks import segmentation


def network(classes=3):
    return segmentation.model(
        input_shape=(8, 8, 1), num_classes=classes, filters=(2, 3)
    )


def build(**arguments):
    arguments = {
        "teacher": network(),
        "student": network(),
        "value_range": (0.0, 16.0),
        "translator_epochs": 1,
        "filters": (2,),
        "critic_filters": (3,),
        **arguments,
    }
    return methods.get("tgcf_da").build(**arguments)


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def test_consistency_is_the_equation_in_the_target():
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 3, 8, 8, 3))
    y = np.zeros((3, 8, 8), int)
    y[1:] = -1
    expected = 5 * np.mean((softmax(t) - softmax(s))[1:] ** 2)
    (loss,) = build(weight=Constant(5.0)).distillation_losses
    found = loss({"logits": np.float32(t)}, {"logits": np.float32(s)}, labels=y)
    np.testing.assert_allclose(
        float(loss.weight(0)) * np.mean(found), expected, rtol=1e-5
    )


def test_the_translator_has_no_cycle_and_a_judge():
    judge = network()
    model = build(teacher=judge, semantic_weight=3.0)
    stage = model._stage.model
    assert stage.to_source is None
    assert stage._judge.model is judge
    assert stage.semantic_weight == 3.0


def test_half_of_the_source_is_seen_as_it_is():
    model = build()
    images = np.random.default_rng(0).uniform(0, 16, (60, 8, 8, 1))
    images = images.astype("float32")
    styled = np.asarray(model.styled(images, np.ones(60, "float32"), 3))
    kept = np.all(styled == images, axis=(1, 2, 3)).mean()
    assert 0.2 < kept < 0.8


def test_the_average_of_the_student_teaches():
    judge = network()
    model = build(teacher=judge)
    assert model.teacher.follows_student
    for mine, theirs in zip(
        model.teacher.copy.get_weights(), model.student.get_weights()
    ):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": network(4)}, "of the source domain"),
        (
            {"teacher": cases.student(), "student": cases.student()},
            "dense logits",
        ),
        ({"translated_share": 2.0}, "translated_share must be"),
        ({"ramp_steps": 0}, "ramp_steps of tgcf_da"),
        ({"translator_epochs": 0}, "translator_epochs must be"),
        ({"translator_learning_rate": 1.0}, "translator_learning_rate"),
        ({"semantic_weight": -1.0}, "finite numbers >= 0"),
        ({"decay": 1.0}, "decay must be"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
