"""What the table of training steps says, of seconds that are made up."""

from benchmarks.speed import training_step

LOSS = {"live": 2.0, "cached": 2.0, "keras": 2.0}


def section(**cpu):
    seconds = {
        name: {"cpu": [value] * 3, "wall": [2 * value] * 3}
        for name, value in cpu.items()
    }
    results = {
        "cnn 28x28, logits + 1 tap": {"seconds": seconds, "first_loss": LOSS}
    }
    return training_step.section(results, training_step.settings(False))


def test_all_goals_are_met():
    # 1.5 / (1 + 0.5) = 1, 3 / 1.5 = 2.
    text = section(plain=1.0, forward=0.5, live=1.5, cached=1.0, keras=3.0)
    assert "met: CPU 1.00, wall 1.00; goal at most 1.02" in text
    assert "met: CPU 2.00, wall 2.00; goal at least 1.50" in text
    assert "met: CPU 1.00, wall 1.00; goal at most 1.03" in text
    assert "not met" not in text


def test_each_goal_can_be_missed():
    # 1.8 / 1.5 = 1.2, 2 / 1.8 = 1.11.
    text = section(plain=1.0, forward=0.5, live=1.8, cached=1.1, keras=2.0)
    assert "**not met**: CPU 1.20, wall 1.20; goal at most 1.02" in text
    assert "**not met**: CPU 1.11, wall 1.11; goal at least 1.50" in text
    assert "**not met**: CPU 1.10, wall 1.10; goal at most 1.03" in text
