import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tests.parity.adapters.helpers import evaluate
from tfkd.errors import InputError
from tfkd.losses import RelationKL

LOG3 = np.log(3.0)


def loss(**arguments):
    return RelationKL(
        **{"teacher_tap": "t", "student_tap": "s", "dtype": "float64"}
        | arguments
    )


def values(part, teacher, student, mask=None):
    """The loss of each example."""
    student = {"s": student} | ({} if mask is None else {"m": mask})
    evaluate(part, {"t": teacher}, student)  # Sets it up.
    return np.asarray(part({"t": teacher}, student))


def test_scores_are_compared_row_by_row():
    # One head. Row 0: teacher (1/4, 3/4), student (3/4, 1/4):
    # KL = 1/4 ln(1/3) + 3/4 ln 3 = ln(3) / 2; row 1 agrees: 0.
    teacher = np.array([[[[0, LOG3], [0, 0]]]])
    student = np.array([[[[LOG3, 0], [7, 7]]]])
    found = evaluate(loss(), {"t": teacher}, {"s": student})
    np.testing.assert_allclose(found, LOG3 / 4, rtol=1e-6)


def test_heads_are_averaged():
    teacher = np.zeros((1, 2, 2, 2))
    teacher[0, 1, :, 1] = LOG3
    # Head 0 agrees; head 1: KL((1/4, 3/4) || (1/2, 1/2)) in both rows,
    # = 1/4 ln(1/2) + 3/4 ln(3/2).
    expected = (np.log(0.5) + 3 * np.log(1.5)) / 4 / 2
    found = evaluate(loss(), {"t": teacher}, {"s": np.zeros((1, 2, 2, 2))})
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_vectors_are_related_by_scaled_products():
    # Teacher, d = 4: products over sqrt(4): rows (2, 0) and (0, 0).
    teacher = np.array([[[[2.0, 0, 0, 0], [0, 0, 0, 0]]]])
    # Student, d = 1: products (1, 0) and (0, 0).
    student = np.array([[[[1.0], [0.0]]]])
    q = np.exp([2, 0]) / np.exp([2, 0]).sum()
    p = np.exp([1, 0]) / np.exp([1, 0]).sum()
    expected = np.sum(q * np.log(q / p)) / 2
    found = evaluate(loss(kind="vectors"), {"t": teacher}, {"s": student})
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("kind", ["scores", "vectors"])
def test_padding_changes_nothing(kind):
    random = np.random.default_rng(0)
    shape = (2, 3, 5, 5)
    teacher, student = random.normal(size=(2, *shape))
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
    found = values(loss(kind=kind, mask_tap="m"), teacher, student, mask)
    cut = [
        x[:1, :, :3, :3] if kind == "scores" else x[:1, :, :3]
        for x in (teacher, student)
    ]
    whole = values(loss(kind=kind), teacher, student)
    short = values(loss(kind=kind), *cut)
    np.testing.assert_allclose(found, [short[0], whole[1]], rtol=1e-6)


def test_nothing_but_padding_is_zero():
    random = np.random.default_rng(0)
    teacher, student = random.normal(size=(2, 1, 2, 3, 3))
    mask = np.zeros((1, 3), bool)
    found = values(loss(mask_tap="m"), teacher, student, mask)
    np.testing.assert_array_equal(found, [0.0])


@pytest.mark.parametrize("kind", ["scores", "vectors"])
def test_gradient(kind):
    random = np.random.default_rng(0)
    teacher, student = random.normal(size=(2, 2, 2, 3, 3))
    mask = np.array([[1, 1, 0], [1, 1, 1]], bool)
    part = loss(kind=kind, mask_tap="m")
    values(part, teacher, student, mask)
    assert_gradient(
        lambda s: part({"t": teacher}, {"s": s, "m": mask}), student
    )


def spec(*shape):
    return keras.KerasTensor((None, *shape))


@pytest.mark.parametrize(
    ("kind", "teacher", "student", "mask"),
    [
        ("scores", (2, 5, 5), (4, 5, 5), (5,)),
        ("scores", (2, 5, 5), (2, 6, 6), (6,)),
        ("vectors", (2, 5), (2, 5), (5,)),
    ],
)
def test_other_heads_or_lengths_are_our_error(kind, teacher, student, mask):
    with pytest.raises(InputError, match="of equal heads and length"):
        loss(kind=kind, mask_tap="m").setup(
            {"t": spec(*teacher)}, {"s": spec(*student), "m": spec(*mask)}
        )


def test_widths_of_vectors_may_differ():
    loss(kind="vectors").setup({"t": spec(2, 5, 8)}, {"s": spec(2, 5, 3)})


def test_another_mask_is_our_error():
    with pytest.raises(InputError, match="The mask must have shape"):
        loss(mask_tap="m").setup(
            {"t": spec(2, 5, 5)}, {"s": spec(2, 5, 5), "m": spec(4)}
        )
    with pytest.raises(InputError, match="kind of relations"):
        loss(kind="score")


def test_round_trip():
    part = loss(kind="vectors", mask_tap="m", weight=2.0, name="r")
    copy = RelationKL.from_config(part.get_config())
    assert copy.get_config() == part.get_config()
    assert copy.student_taps == ("s", "m")
