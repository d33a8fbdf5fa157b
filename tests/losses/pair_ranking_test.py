import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import PairRanking

RANDOM = np.random.default_rng(0)


def values(loss, theirs, own):
    return loss({"view": theirs}, {"embedding": own})


def test_the_own_view_ranks_before_the_others():
    # Distances, rows of the student: |0 - (0, 3)| = 0, 3; |4 - (0, 3)| = 4, 1.
    own, theirs = np.float32([[0], [4]]), np.float32([[0], [3]])
    one_way = [np.log1p(np.exp(0 - 3)), np.log1p(np.exp(1 - 4))]
    # The views' anchors: of 0 the distances 0, 4, of 3 the distances 3, 1.
    back = [np.log1p(np.exp(0 - 4)), np.log1p(np.exp(1 - 3))]
    loss = PairRanking(both_ways=False)
    np.testing.assert_allclose(values(loss, theirs, own), one_way, rtol=1e-5)
    both = (np.array(one_way) + np.array(back)) / 2
    np.testing.assert_allclose(
        values(PairRanking(), theirs, own), both, rtol=1e-5
    )


def test_the_hinge_of_cosines_by_hand():
    # Cosines: of (1, 0) with (2, 0) 1, with (3, 4) 0.6; of (0, 5) 0 and 0.8.
    own = np.float32([[1, 0], [0, 5]])
    theirs = np.float32([[2, 0], [3, 4]])
    loss = PairRanking(
        kind="hinge", measure="cosine", margin=0.5, both_ways=False
    )
    # max(0, 0.5 + 0.6 - 1) = 0.1; max(0, 0.5 + 0 - 0.8) = 0.
    np.testing.assert_allclose(values(loss, theirs, own), [0.1, 0.0], atol=1e-6)


def test_all_others_of_the_batch_count_alike():
    own = RANDOM.normal(size=(5, 3))
    theirs = RANDOM.normal(size=(5, 3))
    loss = PairRanking(both_ways=False)
    gap = np.linalg.norm(own[:, None] - theirs[None], axis=-1)
    expected = []
    for i in range(5):
        others = np.delete(gap[i], i)
        expected.append(np.mean(np.log1p(np.exp(gap[i, i] - others))))
    np.testing.assert_allclose(values(loss, theirs, own), expected, rtol=1e-5)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e6])
def test_one_example_and_extremes_are_finite(scale):
    for count in (1, 4):
        own = scale * RANDOM.normal(size=(count, 3))
        own = tf.Variable(own.astype("float32"))
        theirs = tf.identity(own)[::-1]
        for measure in ("distance", "cosine"):
            with tf.GradientTape() as tape:
                value = values(PairRanking(measure=measure), theirs, own)
            assert np.all(np.isfinite(value))
            assert np.all(np.isfinite(tape.gradient(value, own)))
            assert count > 1 or float(value[0]) == 0.0


def test_gradients_agree_with_finite_differences():
    theirs = RANDOM.normal(size=(4, 3))
    for arguments in ({}, {"kind": "hinge", "margin": 3.0}):
        for measure in ("distance", "cosine"):
            loss = PairRanking(measure=measure, dtype="float64", **arguments)
            assert_gradient(
                lambda own, loss=loss: values(loss, theirs, own),
                RANDOM.normal(size=(4, 3)),
            )


def test_a_round_trip_keeps_the_arguments():
    loss = PairRanking(kind="hinge", measure="cosine", margin=1.0)
    again = PairRanking.from_config(loss.get_config())
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "hing"}, "kind of ranking"),
        ({"measure": "cosin"}, "measure of likeness"),
        ({"margin": -1.0}, "margin must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        PairRanking(**wrong)
