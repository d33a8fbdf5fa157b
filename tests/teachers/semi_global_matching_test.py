import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.teachers import SemiGlobalMatching

RANDOM = np.random.default_rng(0)


def built(shape=(5, 9, 2), **arguments):
    arguments = {"farthest": 3, "value_range": (0.0, 1.0), **arguments}
    return SemiGlobalMatching(shape, **arguments)


def shifted(disparity, height=5, width=9):
    """A rough right image, and the left one that lies to its right."""
    right = RANDOM.uniform(0, 1, (1, height, width + disparity))
    left = right[:, :, : width + disparity]
    pair = [left[:, :, :width], right[:, :, disparity:]]
    return np.stack(pair, axis=-1).astype("float32")


def costs(pair, farthest):
    """C of one pair, written out; windows at a border are smaller."""
    left, right = pair[0, ..., 0], pair[0, ..., 1]
    height, width = left.shape
    gaps = np.zeros((height, width, farthest + 1))
    for d in range(farthest + 1):
        for x in range(width):
            gaps[:, x, d] = np.abs(left[:, x] - right[:, max(x - d, 0)])
    found = np.zeros_like(gaps)
    for y in range(height):
        for x in range(width):
            window = gaps[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            found[y, x] = window.mean((0, 1))
    return found


def path(cost, small, large):
    """L_r along the first axis."""
    found = [cost[0]]
    for here in cost[1:]:
        last, best = found[-1], np.empty_like(here)
        for d in range(here.shape[-1]):
            near = [
                last[:, k] for k in (d - 1, d + 1) if 0 <= k < last.shape[1]
            ]
            best[:, d] = np.min(
                [last[:, d], *(n + small for n in near), last.min(1) + large],
                axis=0,
            )
        found.append(here + best - last.min(1)[:, None])
    return np.array(found)


def test_is_the_recursion_of_four_directions():
    pair = RANDOM.uniform(0, 1, (1, 5, 9, 2)).astype("float32")
    c = costs(pair, 3)
    np.testing.assert_allclose(built().costs(pair)[0], c, rtol=1e-4)
    total = path(c, 0.1, 0.3) + path(c[::-1], 0.1, 0.3)[::-1]
    turned = c.transpose(1, 0, 2)
    across = path(turned, 0.1, 0.3) + path(turned[::-1], 0.1, 0.3)[::-1]
    total = total + across.transpose(1, 0, 2)
    found = built(small=0.1, large=0.3).match(pair)
    np.testing.assert_array_equal(found[0, ..., 0], total.argmin(-1))


@pytest.mark.parametrize("disparity", [0, 1, 3])
def test_finds_how_far_an_image_was_moved(disparity):
    teacher = built()
    teacher.connect(("map", "trusted", "pair"), None)
    pair = shifted(disparity)
    found = teacher(pair)
    inside = np.asarray(found["map"])[:, :, disparity + 1 :]
    np.testing.assert_array_equal(inside, np.full_like(inside, disparity))
    trusted = np.asarray(found["trusted"])
    assert trusted[:, :, disparity + 1 : -disparity or None].mean() > 0.9
    np.testing.assert_array_equal(found["pair"], pair)


def test_what_one_eye_alone_sees_is_not_trusted():
    # A near bar of 3 columns on a ground that stays hides 2 columns of it.
    ground = RANDOM.uniform(0, 0.5, (9, 20))
    bar = RANDOM.uniform(0.6, 1.0, (9, 5))
    left, right = ground.copy(), ground.copy()
    left[:, 9:14], right[:, 6:11] = bar, bar
    pair = np.stack([left, right], -1)[None].astype("float32")
    teacher = built((9, 20, 2))
    teacher.connect(("map", "trusted"), None)
    found = teacher(pair)
    trusted = np.asarray(found["trusted"])[0, ..., 0]
    disparity = np.asarray(found["map"])[0, ..., 0]
    np.testing.assert_array_equal(disparity[4, 10:13], [3, 3, 3])
    # Columns 6 to 8 of the left image are behind the bar in the right.
    assert trusted[2:7, 6:9].mean() < 0.5 < trusted[2:7, 10:13].mean()


def test_config_round_trip():
    teacher = built(small=0.3, large=0.4)
    copy = SemiGlobalMatching.from_config(teacher.get_config())
    assert (copy.small, copy.large, copy.farthest) == (0.3, 0.4, 3)


@pytest.mark.parametrize(
    "arguments",
    [
        {"shape": (5, 9, 3)},
        {"shape": (None, 9, 2)},
        {"farthest": 0},
        {"farthest": 9},
        {"small": 0.5, "large": 0.2},
        {"value_range": (1.0, 0.0)},
    ],
)
def test_mistakes_are_our_errors(arguments):
    with pytest.raises(InputError, match="Semi-global matching needs"):
        built(**arguments)


def test_other_taps_and_other_pairs_are_our_errors():
    teacher = built()
    with pytest.raises(InputError, match="no_such"):
        teacher.connect(("no_such",), None)
    teacher.connect(("map",), None)
    with pytest.raises(InputError, match="view must be pairs"):
        teacher(np.zeros((1, 5, 9, 1), "float32"))


def test_two_distillers_may_have_one_teacher():
    teacher = SemiGlobalMatching((4, 6, 2), farthest=2)
    teacher.connect(("map",), None)
    assert set(teacher.connect(("pair",), None)) == {"pair"}
    assert set(teacher(np.zeros((1, 4, 6, 2), "float32"))) == {"map", "pair"}
