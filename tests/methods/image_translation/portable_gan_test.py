import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import critics
from tfkd.models import translator
from tfkd.taps import Extractor

X = np.random.default_rng(0).uniform(0, 1, (4, 4, 4, 1)).astype("float32")
Y = 1 - X


def network(filters=(2,)):
    return translator.build((4, 4, 1), filters=filters, value_range=(0.0, 1.0))


def judge():
    return critics.maps((None, 4, 4, 1), filters=(3,), name="judge")


def build(**arguments):
    arguments = {
        "teacher": [network((3,)), judge()],
        "student": network(),
        "critic_filters": (3,),
        **arguments,
    }
    return methods.get("portable_gan").build(**arguments)


def softplus(x):
    return np.log1p(np.exp(x))


def read(critic, images):
    taps = Extractor(critic, ["score:input", "outputs"])(images)
    return np.asarray(taps["score:input"]), np.asarray(taps["outputs"])[:, 0]


def test_total_is_the_equation():
    teacher, student, known = network((3,)), network(), judge()
    model = build(
        teacher=[teacher, known],
        student=student,
        weight=3.0,
        perceptual_weight=5.0,
        adversarial_weight=0.5,
        teaching_weight=2.0,
        margin=0.1,
    )
    model.compile("sgd", run_eagerly=True)
    answer, made = np.asarray(teacher(X)), np.asarray(student(X))
    critic = model.distillation_losses[2].critic
    (y, real), (t, true), (s, fake) = (
        read(critic, images) for images in (Y, answer, made)
    )
    near, far = np.abs(y - t).mean(1), np.abs(y - s).mean(1)
    game = softplus(-fake) + softplus(-real) + softplus(fake)
    game += 2 * (softplus(-true) + np.maximum(0, near - far + 0.1))
    perceived = np.abs(read(known, answer)[0] - read(known, made)[0]).mean()
    expected = (
        3 * np.abs(answer - made).mean() + 5 * perceived + 0.5 * game.mean()
    )
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_the_teachers_critic_moves_the_student_and_stays_as_it_is():
    known, student = judge(), network()
    before = known.get_weights(), student.get_weights()
    model = build(
        teacher=[network((3,)), known],
        student=student,
        weight=0.0,
        adversarial_weight=0.0,
    )
    model.compile("sgd", run_eagerly=True)
    model.train_on_batch(X, Y)
    assert not np.allclose(student.get_weights()[0], before[1][0])
    for now, then in zip(known.get_weights(), before[0], strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": network()}, r"needs teacher=\[generator, critic\]"),
        ({"student": cases.student()}, "images of their size"),
        ({"teacher_critic_tap": "no_such"}, "no_such"),
        ({"kind": "other"}, "kind of adversarial loss"),
        ({"margin": -1.0}, "margin and teaching_weight"),
        ({"weight": -1.0}, "weight must be"),
        ({"perceptual_weight": -1.0}, "weight must be"),
        ({"adversarial_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
