"""Distillation on images that a generator makes while it learns to."""

import keras
from keras import ops

from tfkd import checks
from tfkd.distillers import batch as batch_lib
from tfkd.distillers import replicas
from tfkd.distillers.distiller import Distiller
from tfkd.distillers.second_optimizer import SecondOptimizer
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.losses import KDLoss
from tfkd.taps import Extractor
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import FrozenTeacher
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class DataFreeDistiller(SecondOptimizer, Distiller):
    """A `Distiller` whose images come from a generator.

    Each step draws noise; the teacher judges the generator's images, which
    moves the generator (survey Eqn 11, first type, with the teacher as
    discriminator, or teacher and student); the student is distilled on the
    same images. Noise is a function of `seed` and of the step. It needs the
    TensorFlow backend.

    `fit(epochs=..., steps_per_epoch=..., batch_size=...)` needs no data.
    Images that are given (with labels or without) are distilled on beside as
    many made ones; made ones have no label, as if it was -1.

    Args:
        generator: Model from noise `(batch, size)` to the teacher's raw
            inputs.
        generator_losses: A `tfkd.losses.KDLoss` of taps on made images that
            needs no labels, or a list of them. The student's taps are those
            of training.
        generator_optimizer: A Keras optimizer; Adam(1e-3) if absent.
        student_steps: Steps of the student for one of the generator, at
            least 1: the generator moves in the first of them.
        hold_noise: Whether these steps have the same noise.
        seed: Whole number.
        name: Name of the model.
        **kwargs: See `Distiller`; its teacher is frozen, or an
            `EnsembleTeacher` of such.

    Raises:
        InputError: If a loss does not fit, the teacher is not frozen, or
            Keras runs on another backend.
    """

    # Whether images without labels are all there is, while it trains.
    _unlabelled = False

    def __init__(
        self,
        *,
        generator,
        generator_losses,
        generator_optimizer=None,
        student_steps=1,
        hold_noise=False,
        seed=0,
        name="data_free_distiller",
        **kwargs,
    ):
        require_tensorflow("DataFreeDistiller")
        super().__init__(name=name, **kwargs)
        many = isinstance(generator_losses, (list, tuple))
        losses = list(generator_losses) if many else [generator_losses]
        for loss in losses:
            if (
                not isinstance(loss, KDLoss)
                or loss.needs_labels
                or loss.needs_index
            ):
                raise InputError(
                    "generator_losses must be tfkd.losses.KDLoss objects "
                    f"that need neither labels nor index, received {loss!r}."
                )
        checks.whole(1, student_steps=student_steps)
        self.generator = generator
        self.generator_losses = losses
        self.student_steps = int(student_steps)
        self.hold_noise = bool(hold_noise)
        self.seed = seed
        self.judge = _again(self.teacher, "judge")
        names = dict.fromkeys(n for loss in losses for n in loss.teacher_taps)
        specs = self.judge.connect(tuple(names), self.network)
        read = dict.fromkeys(n for loss in losses for n in loss.student_taps)
        self._judged = Untracked(
            extractor=Extractor(self.network, tuple(read)) if read else None
        )
        own = self._judged.extractor.specs if read else {}
        for loss in losses:
            loss.attach(self.judge, self.network)
            loss.setup(specs, own)
            self._trackers[loss.name] = keras.metrics.Mean(name=loss.name)
        if generator_optimizer is None:
            generator_optimizer = keras.optimizers.Adam(1e-3)
        self.generator_optimizer = generator_optimizer
        self.generator_optimizer.build(self.moved_apart())

    def moved_apart(self):
        """Returns the weights that the generator's optimizer moves."""
        return [
            *self.generator.trainable_variables,
            *(
                variable
                for loss in self.generator_losses
                for variable in loss.trainable_variables
            ),
        ]

    def generate(self, count, *, number=0):
        """Returns `count` made images, as an array of raw inputs.

        Args:
            count: How many, at least 1.
            number: Of the set: another one, other noise.
        """
        noise = self._noise(count, [self.seed + 1, number])
        return ops.convert_to_numpy(self.generator(noise, training=False))

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        steps_per_epoch=None,
        **kwargs,
    ):
        """Trains student and generator; see the class.

        Args:
            x: Images besides the made ones, or `None`.
            y: Their labels, or `None`.
            batch_size: Images a step; 64 if absent.
            epochs: See `keras.Model.fit`.
            verbose: See `keras.Model.fit`.
            callbacks: See `keras.Model.fit`.
            steps_per_epoch: 100 if absent and there is no `x`.
            **kwargs: See `keras.Model.fit`.
        """
        batch_lib.check_labels(x, y)
        if x is None:
            import tensorflow as tf  # Lazily: other backends do without it.

            # A batch that holds nothing but its size.
            empty = tf.zeros((batch_size or 64, 0))
            x = tf.data.Dataset.from_tensors(empty).repeat()
            batch_size = None
            steps_per_epoch = steps_per_epoch or 100
            kwargs["shuffle"] = False
            self._unlabelled = True
        try:
            return super().fit(
                x,
                y,
                batch_size=batch_size,
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                steps_per_epoch=steps_per_epoch,
                **kwargs,
            )
        finally:
            self._unlabelled = False

    def call(self, x, training=False):
        inputs = batch_lib.views(x).student
        if _is_empty(inputs):
            # Keras builds what it compiled on a batch as it was given.
            shape = (ops.shape(inputs)[0], *self.generator.output_shape[1:])
            x = ops.zeros(shape)
        return super().call(x, training=training)

    def train_step(self, data):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        x = batch_lib.views(x).student
        count = ops.shape(keras.tree.flatten(x)[0])[0]
        images = self._made_images(count)
        if not _is_empty(x):
            images = ops.concatenate([images, ops.cast(x, images.dtype)])
            if y is not None:
                none = batch_lib.no_labels(y, self.student.output_shape)
                y = ops.concatenate([none, y])
            if weight is not None:
                weight = ops.concatenate([ops.ones_like(weight), weight])
        return super().train_step((images, y, weight))

    def _made_images(self, count):
        """Returns images for the student; moves the generator in its turn."""
        step = ops.cast(self.optimizer.iterations, "int32")
        turn = step // self.student_steps
        # Replicas do not make the same images.
        own = self.seed + 2**16 * replicas.number()
        noise = self._noise(count, [own, turn if self.hold_noise else step])
        if self.student_steps == 1:
            return self._generator_step(noise, step)
        return replicas.move_at_times(
            ops.equal(step, turn * self.student_steps),
            lambda: self._generator_step(noise, step),
            lambda: ops.stop_gradient(self.generator(noise, training=True)),
            "student_steps",
        )

    def _generator_step(self, noise, step):
        """Moves the generator; returns its images before that."""
        import tensorflow as tf

        players = self.moved_apart()
        with tf.GradientTape() as tape:
            images = self.generator(noise, training=True)
            found = self.judge(images)
            studied = {}
            if self._judged.extractor is not None:
                studied = self._judged.extractor(images, training=True)
            total = 0.0
            for loss in self.generator_losses:
                values = loss(found, studied, step=step)
                value = self._mean(values, values)
                self._track(loss.name, value, values)
                total = total + loss.weight(step) * value
        gradients = tape.gradient(total, [v.value for v in players])
        self.generator_optimizer.apply(gradients, players)
        return ops.stop_gradient(images)

    def _noise(self, count, seed):
        import tensorflow as tf

        seed = ops.stack([ops.cast(part, "int32") for part in seed])
        size = self.generator.input_shape[-1]
        return tf.random.stateless_normal([count, size], seed)

    def _task_loss(self, x, y, y_pred, sample_weight, step):
        if y is None:
            # Made images have no label: only the regularizers are left.
            return sum(
                (self._aggregate_additional_loss(loss) for loss in self.losses),
                start=ops.zeros((), "float32"),
            )
        return super()._task_loss(x, y, y_pred, sample_weight, step)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        if y is None:
            return self.get_metrics_result()
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def get_metrics_result(self):
        """Reports the compiled metrics only where there were labels."""
        compiled = self._compile_metrics
        if compiled is None or (compiled.built and not self._unlabelled):
            return super().get_metrics_result()
        results = {
            m.name: m.result() for m in self.metrics if m is not compiled
        }
        return results

    def evaluate(self, *args, **kwargs):
        before, self._unlabelled = self._unlabelled, False
        try:
            return super().evaluate(*args, **kwargs)
        finally:
            self._unlabelled = before

    def parts(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().parts(),
            "generator": serialize(self.generator),
            "generator_losses": serialize(list(self.generator_losses)),
            "generator_optimizer": serialize(self.generator_optimizer),
            "student_steps": self.student_steps,
            "hold_noise": self.hold_noise,
            "seed": self.seed,
        }


def _again(teacher, name):
    """Returns the same models as a teacher of other taps."""
    if isinstance(teacher, EnsembleTeacher):
        members = enumerate(teacher.members)
        return EnsembleTeacher(
            [_again(m, f"{name}{n}") for n, m in members], name=name
        )
    if not isinstance(teacher, FrozenTeacher):
        raise InputError(
            "The teacher that judges made images must be a keras.Model, a "
            "tfkd.teachers.FrozenTeacher, or several of these, received "
            f"{type(teacher).__name__}."
        )
    return FrozenTeacher(
        teacher.model, preprocessing=teacher.preprocessing, name=name
    )


def _is_empty(x):
    """Whether `fit` made this batch, for want of data."""
    return not keras.tree.is_nested(x) and len(x.shape) == 2 and x.shape[1] == 0
