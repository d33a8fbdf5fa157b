"""Several processes that train together: the one that runs, those that help.

The chief (worker 0 in TF_CONFIG) runs the pipeline, every other worker
`tfkd worker`: it waits, trains along what the chief trains, and ends with it.
"""

import contextlib
import os
import signal

from tfkd.errors import InputError
from tfkd.pipelines import quiet
from tfkd.training import devices


@contextlib.contextmanager
def started(strategy):
    """Starts the devices of a run before anything else uses TensorFlow.

    The other workers are let go where all went well; where not, they end
    because the chief does.

    Args:
        strategy: One of `devices.STRATEGIES`.

    Raises:
        InputError: If the devices are not there, or this process is not the
            one that runs.
    """
    if strategy == "auto":
        yield
        return
    together = strategy == "multiworker"
    if together and devices.tf_config()["task"]["index"]:
        raise InputError(
            "A run is started on worker 0 of TF_CONFIG, this is worker "
            f"{devices.tf_config()['task']['index']}. Start `tfkd worker` "
            "here."
        )
    _start(strategy)
    yield
    if together:
        from tfkd.components.base import training

        training.finish()


def _start(strategy):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    quiet.install()
    devices.start(strategy)


def add_parser(commands):
    """Adds `tfkd worker` to the command line."""
    parser = commands.add_parser(
        "worker",
        help="train along with a run on another machine",
        description="Trains along with a run of --strategy=multiworker, "
        "until it ends. TF_CONFIG lists all workers and says which one this "
        "is; the pipeline_root is seen by all under the same path.",
        allow_abbrev=False,
    )
    parser.set_defaults(action=_work)


def _work(arguments):
    del arguments
    config = devices.tf_config()
    if not config["task"]["index"]:
        raise InputError(
            "`tfkd worker` is for the workers from 1 on, and TF_CONFIG says "
            "that this is worker 0. Start `tfkd run --strategy=multiworker` "
            "here."
        )
    # It waits within TensorFlow, where Python's own handlers are not run.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    chief = config["cluster"]["worker"][0]
    print(f"Waits for the run on {chief}.", flush=True)
    _start("multiworker")
    from tfkd.components.base import training

    training.work(lambda text: print(text, flush=True))
    print("The run has ended.")
