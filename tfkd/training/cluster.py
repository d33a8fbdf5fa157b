"""What the chief of several workers tells the others, over the collectives.

Those that train together are connected anyway, so that nothing else has to
listen or be looked at.
"""

import json

import numpy as np
import tensorflow as tf

from tfkd.training import devices


class Strategy(tf.distribute.MultiWorkerMirroredStrategy):
    """TensorFlow's strategy of many workers, as Keras' `fit` calls it.

    `fit` reduces whole batches, of which it needs the shapes alone, and
    scalars along their first axis; TensorFlow takes neither (Keras 3.15.1,
    keras-team/keras#20585).
    """

    def reduce(self, reduce_op, value, axis):
        if isinstance(value, tuple | list | dict):
            return tf.nest.map_structure(self._first, value)
        if axis == 0 and self._first(value).shape.rank == 0:
            axis = None
        return super().reduce(reduce_op, value, axis)

    def _first(self, value):
        return self.experimental_local_results(value)[0]


def broadcast(value=None):
    """Gives a value of the chief's to all workers; all must call it.

    It waits for the others as long as they live.

    Args:
        value: A JSON value, used on the chief.

    Returns:
        The chief's value, on every worker.
    """
    strategy = devices.start("multiworker")
    with strategy.scope():
        chief = devices.is_chief()
    text = json.dumps(value).encode() if chief else b""
    length = int(_sum(strategy, np.array([len(text)], np.int32))[0])
    own = np.zeros([length], np.int32)
    own[: len(text)] = np.frombuffer(text, np.uint8)
    return json.loads(_sum(strategy, own).astype(np.uint8).tobytes())


def _sum(strategy, values):
    """Returns the array of the first replica of all, which is the chief's."""

    @tf.function
    def add():
        def of_replica():
            context = tf.distribute.get_replica_context()
            first = tf.equal(context.replica_id_in_sync_group, 0)
            array = tf.where(first, tf.constant(values), 0)
            return context.all_reduce(tf.distribute.ReduceOp.SUM, array)

        return strategy.run(of_replica)

    return strategy.experimental_local_results(add())[0].numpy()
