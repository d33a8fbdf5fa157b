"""The `keras.ops` parts on the JAX backend, in a process of its own."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("jax")


@pytest.fixture(scope="module")
def found():
    """What the worker prints."""
    root = pathlib.Path(__file__).parents[1]
    result = subprocess.run(
        [sys.executable, str(root / "tests" / "jax_worker.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


# The last two choose between variables while they are traced.
@pytest.mark.parametrize("key", ["hinton_kd", "rkd", "at", "fsp", "ft", "asl"])
def test_a_method_trains_the_student_and_leaves_the_teacher(found, key):
    assert found["backend"] == "jax"
    facts = found["methods"][key]
    for name, values in facts["logs"].items():
        assert np.all(np.isfinite(values)), name
    assert {"loss", "task_loss", "accuracy"} < set(facts["logs"])
    assert facts["student_changed"]
    assert not facts["teacher_changed"]


def test_a_schedule_moves_with_the_step(found):
    first, second, third, fourth = found["scheduled"]
    assert first > 0
    assert second > 0
    assert third == fourth == 0


def test_a_step_does_not_wait_for_the_watch_over_losses(found):
    assert found["waits_for_the_watch"] is False


def test_a_loss_that_is_not_finite_is_named(found):
    assert "soft_targets=nan" in found["refused"]["nan"]
    assert "at step 0 of epoch 0 " in found["refused"]["nan"]


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("dafl", "DataFreeDistiller"),
        ("deepinversion", "InputOptimizer"),
        ("mean_teacher", "EMATeacher"),
        ("wgan_gp", "gradient penalty"),
    ],
)
def test_what_needs_tensorflow_says_so(found, key, what):
    message = found["refused"][key]
    assert what in message
    assert "needs the TensorFlow backend" in message
    assert "KERAS_BACKEND=tensorflow" in message
