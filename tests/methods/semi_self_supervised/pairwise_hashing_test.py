import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.schedules import Constant


def build(**arguments):
    arguments = {"teacher": None, "student": cases.student(), **arguments}
    return methods.get("pairwise_hashing").build(**arguments)


def test_total_is_the_equation():
    random = np.random.default_rng(0)
    # Four bits, five examples, three of them labelled.
    u, other = random.uniform(-1, 1, size=(2, 5, 4))
    labels = np.array([0, 1, 0, -1, -1])
    distiller = build(weight=Constant(7.0), quantization=0.5, task_weight=3.0)
    t = u @ u.T / 2
    likelihood = []
    for i in range(5):
        pairs = [
            np.log1p(np.exp(t[i, j])) - (labels[i] == labels[j]) * t[i, j]
            for j in range(5)
            if j != i and labels[i] >= 0 and labels[j] >= 0
        ]
        likelihood.append(np.mean(pairs) if pairs else 0.0)
    rounding = np.mean((np.abs(u) - 1) ** 2)
    # Squared distances over 4 * 4 bits.
    d, d_other = (
        np.sum((x[:, None] - x[None]) ** 2, axis=-1) / 16 for x in (u, other)
    )
    expected = 3 * (np.mean(likelihood) + 0.5 * rounding)
    expected += 7 * np.mean((d - d_other) ** 2)
    teacher = {"codes": other.astype("float32")}
    student = {"codes": u.astype("float32")}
    found = sum(
        factor
        * float(loss.weight(0))
        * np.mean(loss(teacher, student, labels=labels, step=0))
        for loss, factor in zip(
            distiller.distillation_losses, distiller.distillation_loss_weights
        )
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_codes_are_the_outputs_between_minus_one_and_one():
    student = cases.student()
    x, _ = cases.images(4)
    found = build(student=student).network(x)
    expected = np.tanh(np.array(student(x)))
    np.testing.assert_allclose(found["codes"], expected, rtol=1e-5)


def test_it_trains_without_a_compiled_loss_and_the_teacher_follows():
    distiller = build(decay=0.5, ramp_steps=1)
    distiller.compile("adam")
    before = distiller.teacher.copy.get_weights()
    x, y = cases.images(8)
    logs = distiller.fit(x, np.where(y > 1, -1, y), verbose=0).history
    assert logs["labelled_pairs"][0] > 0
    after = distiller.teacher.copy.get_weights()
    assert not all(map(np.array_equal, before, after))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": cases.student()}, "needs no teacher"),
        ({"code_tap": "no_such"}, "no_such"),
        ({"ramp_steps": 0}, "ramp_steps of pairwise_hashing"),
        ({"quantization": -1.0}, "quantization must be"),
        ({"decay": 1.0}, "decay must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
