import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import critics
from tfkd.models import translator

X = np.random.default_rng(0).uniform(0, 1, (4, 4, 4, 1)).astype("float32")
Y = 1 - X


def network(filters=(2,)):
    return translator.build((4, 4, 1), filters=filters, value_range=(0.0, 1.0))


def build(**arguments):
    arguments = {
        "teacher": network((3,)),
        "student": network(),
        "critic_filters": (3,),
        **arguments,
    }
    return methods.get("gan_compression").build(**arguments)


def test_total_of_paired_images_is_the_equation():
    teacher, student = network((3,)), network()
    model = build(teacher=teacher, student=student, weight=3.0)
    model.compile("sgd", "mae", run_eagerly=True)
    feature, game = model.distillation_losses
    made = np.asarray(student(X))
    real = np.asarray(game.critic([Y, X]))[:, 0]
    fake = np.asarray(game.critic([made, X]))[:, 0]
    # Hinge: the student's term is -fake.
    hinge = np.maximum(0, 1 - real) + np.maximum(0, 1 + fake) - fake
    mapped = np.asarray(
        feature.student_transform(
            model.network(X, training=True)[feature.student_taps[0]]
        )
    )
    theirs = np.asarray(model.teacher(X)[feature.teacher_taps[0]])
    # 100 times the mean absolute error, 3 times the squared one of features.
    expected = (
        100 * np.abs(Y - made).mean()
        + hinge.mean()
        + 3 * ((mapped - theirs) ** 2).mean()
    )
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_unpaired_images_are_compared_with_the_teachers():
    teacher = network((3,))
    student = network()
    model = build(teacher=teacher, student=student, paired=False)
    model.compile("sgd", run_eagerly=True)
    expected = np.abs(np.asarray(teacher(X)) - np.asarray(student(X))).mean()
    logs = model.train_on_batch(X, Y[::-1], return_dict=True)
    np.testing.assert_allclose(logs["reconstruction"], expected, rtol=1e-5)
    # The critic sees images alone.
    assert len(model.distillation_losses[1].critic.inputs) == 1


def test_the_critic_starts_as_the_teachers_which_stays_as_it_is():
    known = critics.maps(
        (None, 4, 4, 1), condition=(None, 4, 4, 1), filters=(3,)
    )
    before = known.get_weights()
    model = build(teacher=[network((3,)), known])
    critic = model.distillation_losses[1].critic
    for own, theirs in zip(critic.get_weights(), before, strict=True):
        np.testing.assert_array_equal(own, theirs)
    model.compile("sgd", "mae", run_eagerly=True)
    model.train_on_batch(X, Y)
    assert not np.allclose(critic.get_weights()[0], before[0])
    for now, then in zip(known.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"student": cases.student()}, "images of their size"),
        ({"teacher": [network(), 3]}, "keras.Models"),
        (
            {"teacher": [network(), critics.maps((None, 4, 4, 1))]},
            "and the input",
        ),
        ({"pairs": (("no_such", "stage1"),)}, "no_such"),
        ({"kind": "other"}, "kind of adversarial loss"),
        ({"weight": -1.0}, "weight must be"),
        ({"adversarial_weight": -1.0}, "weight must be"),
        ({"reconstruction_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
