import sys

import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import BilingualWords
from tfkd.losses.bilingual_words import co_clusters
from tfkd.models.bag_of_words import WordGroups

RANDOM = np.random.default_rng(0)
pytest.importorskip("sklearn")


def built(words=3, classes=2, logits=2, tap=4, **arguments):
    groups, head = WordGroups(2), keras.layers.Dense(classes)
    groups.build((None, 4))
    head.build((None, 2))
    loss = BilingualWords(
        teacher_tap="t", student_tap="s", groups=groups, head=head, **arguments
    )
    shape = (None, words) if isinstance(words, int) else words
    loss.setup(
        {
            "t": keras.KerasTensor(shape),
            "logits": keras.KerasTensor((None, logits)),
        },
        {"s": keras.KerasTensor((None, tap))},
    )
    return loss


def test_blocks_of_a_graph_are_groups():
    blocks = np.kron(np.eye(3), np.ones((2, 4)))
    rows, columns = RANDOM.permutation(6), RANDOM.permutation(12)
    weights = RANDOM.uniform(1, 3, (6, 12)) * blocks[rows][:, columns]
    found, also = co_clusters(weights + 0.01, 3)
    # Two words are of a group if and only if an edge of a block joins them.
    joined = found[:, None] == also
    np.testing.assert_array_equal(joined, weights > 0)


def test_words_without_pairs_are_of_no_group():
    weights = np.kron(np.eye(2), np.ones((2, 2))) + 0.01
    weights = np.pad(weights, ((0, 1), (1, 0)))
    rows, columns = co_clusters(weights, 2)
    assert rows[4] == columns[0] == -1
    np.testing.assert_array_equal(rows[:4], columns[1:])


def test_a_group_is_common_to_both_views():
    loss = built()
    # Word 0 occurs with 1 and 3, words 1 and 2 with 0 and 2.
    theirs = np.float32([[5, 0, 0], [0, 2, 2], [4, 0, 0], [0, 3, 1]]) + 0.1
    own = np.float32([[0, 3, 0, 3], [3, 0, 1, 0], [0, 1, 0, 3], [2, 0, 2, 0]])
    loss.adapt_to_both({"t": theirs, "logits": theirs[:, :2]}, {"s": own}, None)
    theirs = loss.membership.numpy()
    own = loss._untracked.groups.membership.numpy()
    np.testing.assert_array_equal(
        theirs @ own.T, [[0, 1, 0, 1]] + 2 * [[1, 0, 1, 0]]
    )


def test_is_the_divergence_of_grouped_words():
    loss = built(temperature=2.0)
    loss.membership.assign([[1, 0], [0, 1], [0, 1]])
    loss._untracked.head.kernel.assign([[1.0, 0.0], [0.0, 2.0]])
    # Groups 1 and 5, logits 1 and 10, at temperature 2 a gap of 4.5.
    words = np.float32([[1, 2, 3]])
    logits = np.float32([[np.log(9.0), np.log(1.0)]])
    # Teacher sqrt(9) to 1.
    p, log_q = np.array([3, 1]) / 4, -np.log1p(np.exp([4.5, -4.5]))
    expected = 4 * np.sum(p * (np.log(p) - log_q))
    found = loss({"t": words, "logits": logits}, {"s": np.zeros((1, 4))})
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_gradient_agrees_with_finite_differences():
    loss = built(dtype="float64", temperature=3.0)
    loss.membership.assign([[1, 0], [0, 1], [0, 1]])
    taps = {
        "t": RANDOM.integers(0, 5, (4, 3)).astype("float64"),
        "logits": RANDOM.normal(size=(4, 2)),
    }

    def value(kernel):
        loss._untracked.head = lambda x: x @ kernel
        return loss(taps, {})

    assert_gradient(value, RANDOM.normal(size=(2, 2)))


def test_extreme_taps_stay_finite():
    loss = built()
    for scale in (1e-8, 1e4):
        words = np.float32(scale) * RANDOM.uniform(size=(4, 3))
        logits = np.float32(scale) * RANDOM.normal(size=(4, 2))
        loss.adapt_to_both(
            {"t": words, "logits": logits},
            {"s": np.abs(words @ np.ones((3, 4)))},
            None,
        )
        found = loss({"t": words, "logits": logits}, {})
        assert np.all(np.isfinite(found))


def test_too_few_words_are_told():
    with pytest.raises(InputError, match="3 groups need as many words"):
        co_clusters(np.eye(4)[:, :2], 3)


def test_a_missing_scikit_learn_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(InputError, match=r"pip install 'tfkd\[data\]'"):
        co_clusters(np.eye(4), 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"words": (None, 2, 3)}, "a bag of words of the teacher"),
        ({"tap": 3}, "which the student groups"),
        ({"logits": 3}, "as many classes of both"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        built(**wrong)
