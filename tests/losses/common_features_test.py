import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import CommonFeatures
from tfkd.losses.common_features import WIDTHS

RANDOM = np.random.default_rng(0)


def made(teachers=1, dtype="float32", **arguments):
    names = [f"{number}/f" for number in range(teachers)]
    loss = CommonFeatures(
        teacher_taps=names, student_tap="f", units=2, dtype=dtype, **arguments
    )
    specs = {name: keras.KerasTensor((None, 2, 2, 2)) for name in names}
    loss.setup(specs, {"f": keras.KerasTensor((None, 2, 2, 2))})
    return loss


def unit(x):
    x = np.asarray(x, "float64").reshape(len(x), -1)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def kernel(x, y):
    square = np.sum((x[:, None] - y[None]) ** 2, -1)
    return sum(np.exp(-square / (2 * w**2)) for w in WIDTHS).mean()


def test_is_the_discrepancy_and_what_is_lost():
    keras.utils.set_random_seed(0)
    loss = made(reconstruction=0.5)
    teacher, student = RANDOM.normal(size=(2, 3, 2, 2, 2)).astype("float32")
    codes = []
    for aligner, x in zip(loss.aligners, (teacher, student)):
        code = aligner(x)
        for block in loss.extractor:
            code = block(code)
        codes.append(code)
    t, s = (unit(code) for code in codes)
    apart = kernel(t, t) + kernel(s, s) - 2 * kernel(t, s)
    lost = np.mean((loss.decoders[0](codes[0]) - teacher) ** 2, (1, 2, 3))
    found = loss({"0/f": teacher}, {"f": student})
    np.testing.assert_allclose(found, apart + 0.5 * lost, rtol=1e-5)


def test_each_teacher_adds_its_part():
    keras.utils.set_random_seed(0)
    loss = made(teachers=2)
    x = RANDOM.normal(size=(3, 3, 2, 2, 2)).astype("float32")
    both = loss({"0/f": x[0], "1/f": x[1]}, {"f": x[2]})
    # The second teacher's space is the first's: shared but for the edges.
    assert len(loss.aligners) == 3
    assert len(loss.decoders) == 2
    assert len(loss.extractor) == 3
    assert np.all(np.asarray(both) > 0)


def test_gradient():
    keras.utils.set_random_seed(1)
    loss = made(dtype="float64")
    teacher = {"0/f": RANDOM.normal(size=(3, 2, 2, 2))}
    assert_gradient(
        lambda f: loss(teacher, {"f": f}),
        RANDOM.normal(size=(3, 2, 2, 2)),
        rtol=1e-4,
    )


def test_extreme_maps_are_finite():
    for size in (0.0, 1e-8, 1e4):
        x = size * np.ones((2, 2, 2, 2), "float32")
        assert np.all(np.isfinite(made()({"0/f": x}, {"f": -x})))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="the space collapses"):
        made(reconstruction=0.0)
    with pytest.raises(InputError, match="Choose convolutional taps"):
        CommonFeatures(teacher_taps=("f",), student_tap="f").setup(
            {"f": keras.KerasTensor((None, 2))},
            {"f": keras.KerasTensor((None, 2))},
        )
