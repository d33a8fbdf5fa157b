"""What executors share that train: a strategy's scope, and other workers."""

import contextlib
import importlib
import os
import tempfile

from tfkd.components.base.executor import BaseExecutor
from tfkd.components.base.executor import ExecutorContext
from tfkd.errors import InputError
from tfkd.training import devices


class TrainingExecutor(BaseExecutor):
    """Base of executors that train: subclasses implement `train`.

    It runs within the scope of the context's strategy. Where that has other
    workers, they run it too, on the same inputs, and their outputs are
    dropped; see `work`.
    """

    def Do(self, input_dict, output_dict, exec_properties):
        with devices.scope(self.context.strategy):
            if self.context.strategy != "multiworker":
                self.train(input_dict, output_dict, exec_properties)
                return
            with _losses_told():
                if devices.is_chief():
                    _share(self, input_dict, output_dict, exec_properties)
                self.train(input_dict, output_dict, exec_properties)

    def train(self, input_dict, output_dict, exec_properties):
        """Is `Do`, within the scope."""
        raise NotImplementedError(f"{type(self).__name__} must have train.")


@contextlib.contextmanager
def _losses_told():
    """Says in words that another worker is gone."""
    import tensorflow as tf

    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError) as error:
        raise InputError(
            "All workers must live as long as the training, and the "
            "connection to one is lost. See what it has said, start `tfkd "
            "worker` there again, and then the run: it goes on from the last "
            "checkpoint."
        ) from error


def work(report):
    """Does what the chief shares, until it sends `finish`.

    Args:
        report: Called with a line of text on what is done.

    Raises:
        InputError: If another worker is gone.
    """
    while (job := _next_job()) is not None:
        report(f"trains {job['node_id']}")
        with tempfile.TemporaryDirectory(prefix="tfkd-worker-") as folder:
            _do(job, folder)


def _next_job():
    from tfkd.training import cluster

    with _losses_told():
        return cluster.broadcast()


def finish():
    """Ends `work` on all other workers; for the chief."""
    from tfkd.training import cluster

    cluster.broadcast(None)


def _share(executor, input_dict, output_dict, exec_properties):
    from tfkd.training import cluster

    cluster.broadcast(
        {
            "executor": _path(type(executor)),
            "node_id": executor.context.node_id,
            # The chief's checkpoints, which all go on from.
            "stateful_dir": executor.context.stateful_dir,
            "inputs": {
                key: [[_path(type(item)), item.uri] for item in items]
                for key, items in input_dict.items()
            },
            "outputs": {
                key: _path(type(items[0])) for key, items in output_dict.items()
            },
            "exec_properties": exec_properties,
        }
    )


def _do(job, folder):
    context = ExecutorContext(
        node_id=job["node_id"],
        tmp_dir=os.path.join(folder, "tmp"),
        stateful_dir=job["stateful_dir"],
        strategy="multiworker",
    )
    outputs = {
        key: [_load(path)(os.path.join(folder, "outputs", key))]
        for key, path in job["outputs"].items()
    }
    for path in (
        context.tmp_dir,
        *(items[0].uri for items in outputs.values()),
    ):
        os.makedirs(path)
    inputs = {
        key: [_load(path)(uri) for path, uri in items]
        for key, items in job["inputs"].items()
    }
    _load(job["executor"])(context).Do(inputs, outputs, job["exec_properties"])


def _path(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


def _load(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)
