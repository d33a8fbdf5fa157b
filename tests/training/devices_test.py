import json
import pathlib
import subprocess
import sys

import pytest

from tfkd.errors import InputError
from tfkd.training import devices

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="module")
def mirrored():
    """What `mirrored_worker.py` found on two logical devices."""
    result = subprocess.run(
        [sys.executable, str(HERE / "mirrored_worker.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "distiller"])
def test_two_replicas_train_as_one_does_also_with_an_odd_last_batch(
    mirrored, kind
):
    assert mirrored["replicas"] == 2
    assert mirrored[kind]["weights"] < 1e-5
    assert mirrored[kind]["loss"] < 1e-5


@pytest.mark.slow
def test_a_killed_mirrored_training_ends_with_the_same_bits(mirrored):
    assert mirrored["resumed"] == {"repeated": 0.0, "resumed": 0.0}


@pytest.mark.slow
def test_all_replicas_skip_a_step_that_overflows_on_one(mirrored):
    assert mirrored["half"]["kept"]
    assert mirrored["half"]["scale"] == 0.5
    # Classes are 3 standard deviations apart.
    assert mirrored["half"]["accuracy"] > 0.85


@pytest.mark.slow
def test_a_batch_that_cannot_be_divided_is_refused(mirrored):
    assert "multiple of the number of replicas, 2" in mirrored["refusal"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mirored", "Closest: 'mirrored'"),
        ("gpu", "needs a GPU, and this machine has no driver of one"),
    ],
)
def test_what_is_not_there_is_told_without_tensorflow(
    monkeypatch, name, message
):
    monkeypatch.setattr(devices, "_GPU_FILES", ())
    with pytest.raises(InputError, match=message):
        devices.check(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker",'
        ' "index": 1}}',
    ],
)
def test_a_cluster_must_be_described(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match="needs a TF_CONFIG that lists"):
        devices.check("multiworker")


def test_auto_is_what_tensorflow_does_by_itself():
    import tensorflow as tf

    assert devices.start("auto") is tf.distribute.get_strategy()
    with devices.scope("auto"):
        assert not tf.distribute.has_strategy()
        assert devices.is_chief()


def test_the_cpu_is_chosen_before_a_gpu_is_used(monkeypatch):
    import tensorflow as tf

    assert devices.start("cpu") is tf.distribute.get_strategy()
    devices.start.cache_clear()

    def used(devices, kind):
        raise RuntimeError("cannot be modified after being initialized")

    monkeypatch.setattr(tf.config, "set_visible_devices", used)
    with pytest.raises(InputError, match="before TensorFlow uses a GPU"):
        devices.start("cpu")


def test_one_device_cannot_be_mirrored():
    with pytest.raises(InputError, match="two devices or more"):
        devices.start("mirrored")


def test_a_tpu_that_is_not_there_is_told():
    with pytest.raises(InputError, match="needs a TPU, and TensorFlow finds"):
        devices.start("tpu")


def test_a_gpu_that_tensorflow_cannot_use_is_told(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(devices, "_GPU_FILES", ("/dev/null",))
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [])
    with pytest.raises(InputError, match="there is a driver, but TensorFlow"):
        devices.start("gpu")
