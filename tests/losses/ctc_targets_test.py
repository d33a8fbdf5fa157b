import itertools

import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import CTCTargets
from tfkd.losses.ctc_targets import transcript

RANDOM = np.random.default_rng(0)


def teacher_of(*paths, tokens=3):
    """Logits whose likeliest tokens are these."""
    return 9 * np.eye(tokens, dtype="float32")[np.array(paths)]


def said(path, blank=0):
    """What is left of a path, by its definition."""
    merged = [token for token, _ in itertools.groupby(path)]
    return [token for token in merged if token != blank]


def cost(path, logits, blank=0):
    """-log of the sum over all paths that say the same, over the frames."""
    p = np.exp(logits.astype("float64"))
    p /= p.sum(axis=-1, keepdims=True)
    frames, tokens = p.shape
    total = sum(
        np.prod([p[f, token] for f, token in enumerate(other)])
        for other in itertools.product(range(tokens), repeat=frames)
        if said(other, blank) == said(path, blank)
    )
    return -np.log(total) / frames


def test_a_transcript_has_neither_repetitions_nor_blanks():
    # 1 1 0 1 2 says 1 1 2; blanks alone say nothing.
    logits = teacher_of([1, 1, 0, 1, 2], [0, 0, 0, 0, 0], [2, 2, 2, 2, 2])
    tokens, length = transcript(logits)
    np.testing.assert_array_equal(
        tokens, [[1, 1, 2, 0, 0], [0, 0, 0, 0, 0], [2, 0, 0, 0, 0]]
    )
    np.testing.assert_array_equal(length, [3, 0, 1])


@pytest.mark.parametrize("blank", [0, 2])
def test_all_paths_that_say_the_same_count(blank):
    paths = [[1, 0, 1, 2], [0, 0, 0, 0], [2, 2, 2, 2], [1, 2, 0, 1]]
    logits = RANDOM.normal(size=(4, 4, 3)).astype("float32")
    loss = CTCTargets(blank=blank)
    found = loss({"logits": teacher_of(*paths)}, {"logits": logits})
    expected = [cost(path, row, blank) for path, row in zip(paths, logits)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_gradient_is_that_of_finite_differences():
    # The operation computes in float32.
    target = {"logits": teacher_of([1, 0, 2])}
    loss = CTCTargets(dtype="float64")
    assert_gradient(
        lambda z: loss(target, {"logits": z}),
        RANDOM.normal(size=(1, 3, 3)),
        step=1e-2,
        rtol=1e-2,
    )


@pytest.mark.parametrize("scale", [1e4, 1e-8, 0.0])
def test_it_is_finite_where_float32_comes_to_its_ends(scale):
    z = scale * RANDOM.normal(size=(2, 5, 3)).astype("float32")
    t = scale * RANDOM.normal(size=(2, 5, 3)).astype("float32")
    found = CTCTargets()({"logits": t}, {"logits": z})
    assert np.all(np.isfinite(found))


def test_wrong_arguments_are_our_errors():
    def setup(theirs, own, **arguments):
        CTCTargets(**arguments).setup(
            {"logits": keras.KerasTensor(theirs)},
            {"logits": keras.KerasTensor(own)},
        )

    with pytest.raises(InputError, match="of one shape"):
        setup((None, 5, 3), (None, 4, 3))
    with pytest.raises(InputError, match="batch, frames, tokens"):
        setup((None, 3), (None, 3))
    with pytest.raises(InputError, match="one of the 3 tokens"):
        setup((None, None, 3), (None, 5, 3), blank=3)
