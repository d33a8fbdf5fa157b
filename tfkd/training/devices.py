"""Where training runs: a name becomes a `tf.distribute` strategy, here alone.

What trains is written once, for one device: it builds its models within
`scope` and calls `trainer.train`. `check` needs no TensorFlow.
"""

import contextlib
import functools
import glob
import json
import os

from tfkd.errors import InputError
from tfkd.errors import unknown

STRATEGIES = ("auto", "cpu", "gpu", "mirrored", "multiworker", "tpu")
_ONE_DEVICE = ("auto", "cpu", "gpu")
# The drivers of NVIDIA, AMD, and of either within Windows.
_GPU_FILES = ("/dev/nvidia[0-9]*", "/dev/kfd", "/dev/dxg")
_CLUSTER_HELP = (
    "Set TF_CONFIG in every process, for example "
    '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
    '"task": {"type": "worker", "index": 0}}.'
)


def check(name):
    """Checks a strategy as far as that goes without TensorFlow.

    Args:
        name: One of `STRATEGIES`.

    Raises:
        InputError: If there is none of this name, or this machine cannot
            have its devices.
    """
    if name not in STRATEGIES:
        raise unknown("strategy", name, STRATEGIES)
    if name == "gpu" and not any(map(glob.glob, _GPU_FILES)):
        raise _no_gpu("this machine has no driver of one")
    if name == "multiworker":
        tf_config()


def tf_config():
    """Returns the checked `TF_CONFIG` of this process, a dict.

    Raises:
        InputError: If it is absent or describes no cluster of workers.
    """
    text = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(text)
        workers = config["cluster"]["worker"]
        kind, index = config["task"]["type"], config["task"]["index"]
        others = set(config["cluster"]) - {"worker"}
        good = kind == "worker" and index in range(len(workers)) and not others
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise InputError(
            "strategy='multiworker' needs a TF_CONFIG that lists the "
            "addresses of all workers and says which one this is; received "
            f"{text or 'none'}. {_CLUSTER_HELP}"
        )
    return config


def is_chief():
    """Says whether this process writes what all workers of a run have made.

    Where there is one process only, it does.
    """
    import tensorflow as tf

    resolver = tf.distribute.get_strategy().cluster_resolver
    return resolver is None or not resolver.task_id


@functools.cache
def start(name):
    """Returns the strategy of a name, made once a process.

    The first call belongs before any other use of TensorFlow: devices can be
    hidden, and workers joined, only at the start.

    Args:
        name: One of `STRATEGIES`. `auto` is what TensorFlow does by itself:
            the first GPU if there is one, else the CPU; `mirrored` is all
            GPUs of this machine, or all logical CPU devices where it has
            none; `multiworker` is all devices of all processes that
            `TF_CONFIG` lists.

    Returns:
        A `tf.distribute.Strategy`; TensorFlow's default one for `auto`, `cpu`
        and `gpu`, which are one device.

    Raises:
        InputError: If the devices are not there.
    """
    check(name)
    import tensorflow as tf

    return {
        "auto": tf.distribute.get_strategy,
        "cpu": _cpu,
        "gpu": _gpu,
        "mirrored": _mirrored,
        "multiworker": _multiworker,
        "tpu": _tpu,
    }[name]()


@contextlib.contextmanager
def scope(name):
    """Makes models, and what is trained, belong to a strategy.

    Args:
        name: One of `STRATEGIES`.

    Raises:
        InputError: If the devices are not there.
    """
    strategy = start(name)
    if name in _ONE_DEVICE:
        yield
        return
    with strategy.scope():
        yield


def _cpu():
    import tensorflow as tf

    try:
        tf.config.set_visible_devices([], "GPU")
    except RuntimeError:
        raise InputError(
            "strategy='cpu' must be chosen before TensorFlow uses a GPU, and "
            "this process has used one. Start a new process, or set "
            "CUDA_VISIBLE_DEVICES=-1."
        ) from None
    return tf.distribute.get_strategy()


def _gpu():
    import tensorflow as tf

    if not tf.config.list_logical_devices("GPU"):
        raise _no_gpu(
            "there is a driver, but TensorFlow can use none: it needs CUDA's "
            "libraries (pip install 'tensorflow[and-cuda]') and a GPU that "
            "CUDA_VISIBLE_DEVICES does not hide"
        )
    return tf.distribute.get_strategy()


def _no_gpu(reason):
    return InputError(
        f"strategy='gpu' needs a GPU, and {reason}. Use 'auto', which takes "
        "a GPU if there is one, or 'cpu'."
    )


def _mirrored():
    import tensorflow as tf

    for kind in ("GPU", "CPU"):
        devices = [d.name for d in tf.config.list_logical_devices(kind)]
        if len(devices) > 1:
            return tf.distribute.MirroredStrategy(devices)
        if devices:
            break
    raise InputError(
        "strategy='mirrored' needs two devices or more in this machine, and "
        f"TensorFlow has {len(devices)} {kind}. Use 'auto'."
    )


def _multiworker():
    from tfkd.training import cluster

    return cluster.Strategy()


def _tpu():
    import tensorflow as tf

    address = os.environ.get("TPU_NAME", "local")
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(address)
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    # TensorFlow has no class of errors for it.
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            f"strategy='tpu' needs a TPU, and TensorFlow finds none at "
            f"{address!r} (the variable TPU_NAME): {reason}. Use 'auto'."
        ) from error
    return tf.distribute.TPUStrategy(resolver)
