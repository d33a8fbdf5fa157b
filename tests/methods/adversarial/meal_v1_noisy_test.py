import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {
        "teacher": [cases.teacher(), cases.cnn((3, 4, 5))],
        "student": cases.student(),
    }
    return methods.get("meal_v1_noisy").build(**{**parts, **arguments})


def test_labels_are_refined_by_the_teacher_by_hand():
    refined = build(label_share=0.5).distillation_losses[0]
    z_t = np.log([[1.0, 3.0, 2.0, 2.0]] * 2).astype("float32")
    z_s = np.zeros((2, 4), "float32")
    # q = (1, 3, 2, 2) / 8; with label 0: (1/8 + 1) / 2, and halves of q.
    q = np.array([1, 3, 2, 2]) / 8
    mixed = q / 2 + np.array([0.5, 0, 0, 0])
    expected = [np.sum(t * np.log(4 * t)) for t in (mixed, q)]
    taps = {"logits": z_t}, {"logits": z_s}
    # The second label is missing: the teacher alone.
    found = refined(*taps, labels=np.array([0, -1]))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_blocks_are_those_of_an_ensemble():
    model = build(block_weights=(1.0, 2.0, 3.0), adversarial_weight=0.5)
    weights = {
        loss.name: float(loss.weight(0)) for loss in model.distillation_losses
    }
    assert weights == {
        "soft_targets": 1.0,
        **{f"block_stage{i}": float(i) for i in (1, 2, 3)},
        **{f"game_stage{i}": 0.5 for i in (1, 2, 3)},
        "game_logits": 0.5,
    }
    assert len(model.teacher.members) == 2


def test_wrong_labels_move_the_student_less_the_smaller_their_share():
    x, y = cases.images(8)
    wrong = (y + 1) % 4
    values = []
    for share in (0.1, 0.9):
        refined = build(label_share=share).distillation_losses[0]
        # A student that is right, of a teacher that is right.
        right = 5.0 * np.eye(4, dtype="float32")[y]
        taps = {"logits": right}, {"logits": right}
        values.append(np.mean(refined(*taps, labels=wrong)))
    assert values[0] < values[1]


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="label's share"):
        build(label_share=1.0)
    with pytest.raises(InputError, match="block_weights must be"):
        build(block_weights=(1.0,))
