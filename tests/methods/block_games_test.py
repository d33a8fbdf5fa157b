import numpy as np
import pytest

from tests.conformance import cases
from tfkd.distances import LpDistance
from tfkd.errors import InputError
from tfkd.methods.block_games import block_games


def games(**arguments):
    parts = {
        "teacher": [cases.cnn((6, 8, 12)), cases.cnn((3, 4, 5))],
        "student": cases.student(),
        "pairs": None,
        "distance": LpDistance(p=1),
        "block_weights": None,
        "adversarial_weight": 0.5,
        "teacher_weights": None,
        "seed": 0,
    }
    return block_games(**{**parts, **arguments})


def test_every_block_has_a_distance_and_every_end_a_game():
    teacher, losses = games()
    names = [loss.name for loss in losses]
    blocks = [
        n for i in (1, 2, 3) for n in (f"block_stage{i}", f"game_stage{i}")
    ]
    assert names == [*blocks, "game_logits"]
    # The last of the authors' four.
    weights = [float(loss.weight(0)) for loss in losses]
    expected = [0.01, 0.5, 0.05, 0.5, 0.1, 0.5, 0.5]
    np.testing.assert_allclose(weights, expected, rtol=1e-6)
    assert set(teacher.transforms) == {"stage1", "stage2", "stage3"}


def test_more_blocks_than_four_begin_with_the_smallest_weight():
    pairs = (("stage1", "stage1"),) + 4 * (("stage3", "stage3"),)
    _, losses = games(pairs=pairs)
    weights = [float(loss.weight(0)) for loss in losses[:-1:2]]
    np.testing.assert_allclose(weights, [0.001, 0.001, 0.01, 0.05, 0.1], 1e-6)


def test_a_block_is_compared_at_the_students_positions():
    _, (block, game, _) = games(
        pairs=(("stage1", "stage3"),), block_weights=(2.0,)
    )
    # Stage 3 of the student has 2x2 positions.
    assert game.critic.input_shape == (None, 4)
    assert float(block.weight(0)) == 2.0
    s = np.arange(8, dtype="float32").reshape(1, 2, 2, 2)
    t = np.array([[0.5, 2.5, 4.5, 8.5]], "float32")
    # Means over channels 0.5, 2.5, 4.5, 6.5: |2| / 4.
    found = block({"stage1": t}, {"stage3": s})
    np.testing.assert_allclose(found, [0.5], rtol=1e-6)


def test_wrong_weights_are_our_error():
    with pytest.raises(InputError, match="block_weights must be one number"):
        games(block_weights=(1.0,))
    with pytest.raises(InputError, match="weights of teachers must be 2"):
        games(teacher_weights=(1.0,))
    with pytest.raises(InputError, match="must be a map"):
        games(pairs=(("embedding", "stage1"),))
