"""Training that a kill does not change: same batches, same weights."""

import contextlib
import functools
import itertools
import os
import random
import threading

import keras
import numpy as np
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.training import callbacks
from tfkd.training import devices
from tfkd.training import precision as precision_lib
from tfkd.training import predictor
from tfkd.training.order import epoch_order
from tfkd.training.order import replica_order

MAX_STEPS_PER_EXECUTION = 32


@contextlib.contextmanager
def seeded(seed):
    """Seeds everything; Python's and NumPy's generators are put back after.

    Layer names start afresh as well, so that what is built inside does not
    depend on what the process built before.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    policy = keras.config.dtype_policy()
    _clear_session()
    # Clearing the session also forgets the user's dtype policy.
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def _clear_session():
    clear = functools.partial(keras.utils.clear_session, free_memory=False)
    if not tf.distribute.has_strategy():
        clear()
        return
    # Clearing makes a new default graph for its thread, and the strategy's
    # scope is kept in the one of this thread.
    thread = threading.Thread(target=clear)
    thread.start()
    thread.join()


def train(
    model,
    x,
    y,
    *,
    prepare=None,
    validation=None,
    epochs,
    batch_size,
    learning_rate,
    optimizer="adamw",
    weight_decay=1e-4,
    schedule="cosine",
    precision="float32",
    seed=0,
    examples_per_epoch=None,
    backup_dir="",
    log_dir="",
    report=None,
    part="training",
):
    """Compiles and fits a model; goes on from the backup if there is one.

    The batches of an epoch depend on `seed` and the epoch's number alone, and
    the backup holds weights, optimizer and the states of random generators:
    on one machine a killed and restarted training ends with the same bits.

    Called within the scope of a `tf.distribute` strategy, in which the model
    was built too (see `tfkd.training.devices`), it trains on all replicas:
    each takes an equal part of every batch, and the gradients are averaged.

    Args:
        model: A built `keras.Model` or `Distiller` whose output is logits.
            Trained in place. A plain model is not left compiled.
        x: Array of images, or a dict of arrays as the `Distiller` takes it.
        y: Integer labels of shape `(n,)`; a `Distiller` takes -1 as unknown.
        prepare: Makes a batch of `x` from its rows, and from the epoch's
            number, counted from 0; `None` leaves them as they are.
        validation: `(x, y)` measured after each epoch, or `None`.
        epochs: Number of passes over the data.
        batch_size: Examples a step, of all replicas together; the odd last
            batch is kept.
        learning_rate: Peak of the schedule.
        optimizer: One of `settings.OPTIMIZERS`.
        weight_decay: Decoupled weight decay, per step and learning rate.
        schedule: `"cosine"` (one epoch of warm-up, at most a tenth of all
            steps, then down to 1 %), `"steps"` (a tenth after 5/8, 3/4 and
            7/8 of all steps) or `"constant"`.
        precision: One of `settings.PRECISIONS`: the precision that the model
            was built in, see `tfkd.training.precision`.
        seed: Seed of the data order.
        examples_per_epoch: Cycle over the data to see this many in an epoch;
            the default is each once.
        backup_dir: Where the state is kept after each epoch, `""` for none.
        log_dir: Where TensorBoard's logs go, `""` for none.
        report: Called as `report(fraction=, epoch=, loss=, ...)`.
        part: How error messages name this training.

    Returns:
        The history: `{"epoch": [1, ...], "loss": [...], ...}`.

    Raises:
        InputError: If a loss is not finite, or a batch cannot be divided
            among the replicas.
    """
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync
    _check_replicas(replicas, batch_size, part)
    length = examples_per_epoch or len(y)
    steps = -(-length // batch_size)
    # Compiling a twin of the same layers keeps optimizer and metrics out of
    # the files that `model` is saved to.
    twin = _twin(model)
    rate = _learning_rate(learning_rate, schedule, steps, epochs)
    twin.compile(
        optimizer=precision_lib.scaled(
            _optimizer(optimizer, rate, weight_decay), precision
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["accuracy"],
        # XLA does not pay on short trainings; fewer round trips do.
        jit_compile=False,
        steps_per_execution=_steps_per_execution(steps, replicas),
    )
    twin.optimizer.build(twin.trainable_variables)
    identity = [seed, epochs, batch_size, learning_rate, optimizer]
    identity += [weight_decay, schedule, precision, length, len(y)]
    path = os.path.join(backup_dir, "training.npz") if backup_dir else ""
    chief = devices.is_chief()
    backup = callbacks.Backup(path, identity, writes=chief)
    with seeded(seed):
        done = backup.restore(twin)
        if done < epochs:
            twin.fit(
                _batches(
                    *(strategy, x, y, prepare, seed, done, batch_size, length)
                ),
                epochs=epochs,
                steps_per_epoch=steps,
                initial_epoch=done,
                callbacks=[
                    *_validation(validation),
                    callbacks.StopAtNaN(part),
                    backup,
                    *_observers(report, log_dir if chief else "", epochs),
                ],
                shuffle=False,
                verbose=0,
            )
    return backup.history()


def train_stages(
    chain,
    x,
    y,
    *,
    seed=0,
    precision="float32",
    backup_dir="",
    log_dir="",
    report=None,
    part="training",
    **settings,
):
    """Trains the stages of a chain in order, each as `train` does.

    A killed chain goes on within the stage that it was in.

    Args:
        chain: A `tfkd.distillers.Chain`.
        x: See `train`.
        y: See `train`.
        seed: See `train`; of every stage.
        precision: See `train`.
        backup_dir: See `train`; a folder for each stage below it.
        log_dir: See `train`; a folder for each stage below it.
        report: See `train`; `fraction` is one of all stages.
        part: See `train`.
        **settings: Further arguments of `train`.

    Returns:
        The history of the last stage.
    """
    previous, total = None, len(chain.stages)
    for number, stage in enumerate(chain.stages, 1):
        with seeded(seed), precision_lib.policy(precision):
            model = stage(previous)
        history = train(
            model,
            x,
            y,
            seed=seed,
            precision=precision,
            backup_dir=_of_stage(backup_dir, number),
            log_dir=_of_stage(log_dir, number),
            report=report and functools.partial(_tell, report, number, total),
            part=f"{part}, stage {number} of {total}",
            **settings,
        )
        previous = model.student
    return history


def _of_stage(folder, number):
    return folder and os.path.join(folder, f"stage{number}")


def _tell(report, number, total, fraction, **values):
    report(
        fraction=(number - 1 + fraction) / total,
        stage=f"{number}/{total}",
        **values,
    )


def accuracy(model, x, y):
    """Returns the fraction of examples whose largest logit is their label."""
    return predictor.accuracy(predictor.Predictor(model, x.shape[1:])(x), y)


def _twin(model):
    if type(model) in (keras.Model, keras.Sequential) or (
        type(model).__name__ == "Functional"
    ):
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return model


def _validation(validation):
    return [] if validation is None else [callbacks.Validate(*validation)]


def _observers(report, log_dir, epochs):
    observers = []
    if report is not None:
        observers.append(callbacks.Report(report, epochs))
    if log_dir:
        observers.append(callbacks.EventLog(log_dir))
    return observers


def _learning_rate(peak, schedule, steps, epochs):
    """Returns a number, or a Keras schedule: see `train`.

    Args:
        peak: Highest learning rate.
        schedule: One of `settings.SCHEDULES`.
        steps: Steps an epoch.
        epochs: Number of epochs.
    """
    total = max(steps * epochs, 1)
    if schedule == "cosine":
        warmup = min(steps, total // 10)
        return keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else peak,
            decay_steps=total - warmup,
            alpha=0.01,
            warmup_target=peak if warmup else None,
            warmup_steps=warmup,
        )
    if schedule == "steps":
        # Keras counts from 0 and keeps a rate through its boundary.
        return keras.optimizers.schedules.PiecewiseConstantDecay(
            [total * eighths // 8 - 1 for eighths in (5, 6, 7)],
            [peak / 10**power for power in range(4)],
        )
    return peak


def _optimizer(name, learning_rate, weight_decay):
    classes = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "rmsprop": keras.optimizers.RMSprop,
        "sgd": keras.optimizers.SGD,
    }
    extra = {"momentum": 0.9, "nesterov": True} if name == "sgd" else {}
    return classes[name](
        learning_rate=learning_rate, weight_decay=weight_decay, **extra
    )


def _check_replicas(replicas, batch_size, part):
    if batch_size % replicas:
        raise InputError(
            f"{part}: train['batch_size'] must be a multiple of the number of "
            f"replicas, {replicas}, among which each batch is divided; "
            f"received {batch_size}. Try "
            f"{max(round(batch_size / replicas), 1) * replicas}."
        )


def _batches(strategy, x, y, prepare, seed, first, batch_size, length):
    """All epochs from `first` on, one after the other, without an end."""
    arrays = tf.nest.map_structure(tf.constant, (x, np.asarray(y)))
    replicas = strategy.num_replicas_in_sync
    whole = length // batch_size * batch_size // replicas
    # Of the odd last batch, each replica takes as many as the others.
    rest = -(-(length % batch_size) // replicas)

    def batches(context):
        own = replicas // context.num_input_pipelines

        def orders():
            for epoch in itertools.count(first):
                yield replica_order(
                    epoch_order(len(y), seed, epoch, length),
                    batch_size,
                    replicas,
                    range(own * context.input_pipeline_id, replicas)[:own],
                )

        def epoch_batches(epoch, order):
            slices = tf.data.Dataset.from_tensor_slices
            found = slices(order[: whole * own]).batch(batch_size // replicas)
            if rest:
                last = slices(order[whole * own :]).batch(rest)
                found = found.concatenate(last)
            return found.map(lambda index: (epoch, index))

        def gather(epoch, index):
            x, y = tf.nest.map_structure(lambda a: tf.gather(a, index), arrays)
            return (x if prepare is None else prepare(x, epoch)), y

        orders = tf.data.Dataset.from_generator(
            orders,
            output_signature=tf.TensorSpec([(whole + rest) * own], tf.int64),
        )
        orders = orders.enumerate(first)
        return orders.flat_map(epoch_batches).map(gather).prefetch(4)

    if replicas == 1:
        return batches(tf.distribute.InputContext())
    return strategy.distribute_datasets_from_function(batches)


def _steps_per_execution(steps, replicas):
    """The largest divisor of `steps` up to the limit.

    Keras takes whole executions from an endless data set: any other number
    would let an epoch eat the first batches of the next. On several replicas
    Keras' loop over steps does not run.
    """
    limit = min(steps, MAX_STEPS_PER_EXECUTION) if replicas == 1 else 1
    return max(n for n in range(1, limit + 1) if steps % n == 0)
