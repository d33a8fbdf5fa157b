"""What a training step must know of the replicas that take it together.

TensorFlow only, which is imported lazily: `tfkd.distillers` runs without it.
"""

from tfkd.errors import InputError


def number():
    """Returns which replica this is; 0 where there is but one."""
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def total(tensors):
    """Returns tensors, or a nest of them, added up over all replicas."""
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return tensors
    return context.all_reduce("sum", tensors)


def whole(strategy, batch):
    """Returns a batch that may lie in parts, one a replica, as one."""
    if getattr(strategy, "num_replicas_in_sync", 1) == 1:
        return batch
    import tensorflow as tf

    def joined(part):
        spread = isinstance(part, tf.distribute.DistributedValues)
        return strategy.gather(part, axis=0) if spread else part

    return tf.nest.map_structure(joined, batch)


def move_at_times(due, move, otherwise, argument):
    """Returns `move()` where it is due, else `otherwise()`.

    Args:
        due: A boolean tensor.
        move: Function without arguments, which lets an optimizer move.
        otherwise: Returns the like, and moves nothing.
        argument: Name of the number of steps between two moves.

    Raises:
        InputError: If TensorFlow cannot skip a move under this strategy.
    """
    import tensorflow as tf

    try:
        return tf.cond(due, move, otherwise)
    except RuntimeError as error:
        if "merge_call" not in str(error):
            raise
        raise InputError(
            f"{argument} must be 1 where TensorFlow merges replicas in "
            "Python, as MirroredStrategy does without NCCL: it cannot skip a "
            f"move there. Set {argument}=1, or train on one device."
        ) from error
