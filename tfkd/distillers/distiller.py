"""The training loop that most methods share."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distillers import batch as batch_lib
from tfkd.distillers.student_trainer import StudentTrainer
from tfkd.distillers.student_trainer import as_list
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.losses import KDLoss
from tfkd.taps import Extractor
from tfkd.teachers import FrozenTeacher
from tfkd.teachers import Teacher
from tfkd.teachers import reference
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class _Mean(keras.losses.Loss):
    """Reduces values that are already per example, as Keras reduces losses.

    So sample weights and the number of replicas count as in any Keras loss.
    """

    def call(self, y_true, y_pred):
        return y_pred


@keras.saving.register_keras_serializable("tfkd")
class Distiller(StudentTrainer):
    """Trains a student on a task and on a teacher's knowledge.

    A drop-in for `keras.distillation.Distiller`: the arguments have its
    names. One student forward pass a step; the teacher is cut after its last
    needed tap, and does not run where the batch carries its answers.

    A batch's `x` is what both models see, or a dict of views (`"student"`,
    `"teacher"`, `"cached"`: the teacher's stored taps, `"index"`). With a
    sparse cross-entropy as compiled loss, the label -1 means unlabelled: the
    example counts in distillation only. Metrics that must ignore such
    examples belong in `weighted_metrics`. Where sample weights are one number
    a position of a map, the distillation of an example counts as their mean.

    Equation:  L = w_task L_task + sum_k w_k mean_b L_k(b) + regularizers

    Args:
        student: A functional or built Sequential model, or one with the tap
            protocol (see `tfkd.taps.Extractor`).
        teacher: A `keras.Model` or `tfkd.teachers.Teacher`.
        distillation_losses: A `tfkd.losses.KDLoss` or a list of them, of
            different names.
        distillation_loss_weights: Factors L_k's own weights are multiplied
            by; 1 if absent.
        student_loss_weight: w_task, a number or schedule.
        network: What is trained, where that is more than the student: a
            model from `tfkd.taps.extend`, of which the student is a part.
            Student taps are then taps of the network.
        student_view: Layer that makes what the student sees in training
            from the batch, such as `keras.layers.GaussianNoise`.
        teacher_view: Likewise for the teacher.
        name: Name of the model.

    Attributes:
        student: The student, a plain Keras model at every moment.
        teacher_taps: Names of the teacher's tensors that are needed.

    Raises:
        InputError: If the losses do not fit the models.
    """

    def __init__(
        self,
        *,
        student,
        teacher,
        distillation_losses,
        distillation_loss_weights=None,
        student_loss_weight=0.5,
        network=None,
        student_view=None,
        teacher_view=None,
        name="distiller",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        losses = as_list(distillation_losses)
        factors = distillation_loss_weights
        factors = [1.0] * len(losses) if factors is None else as_list(factors)
        _check_losses(losses, factors)
        self.student = student
        self.network = student if network is None else network
        self.student_view = student_view
        self.teacher_view = teacher_view
        self.teacher = (
            teacher if isinstance(teacher, Teacher) else FrozenTeacher(teacher)
        )
        self.teacher_taps = _union(loss.teacher_taps for loss in losses)
        if not self.teacher_taps and isinstance(self.teacher, FrozenTeacher):
            raise InputError(
                "At least one distillation loss must read the teacher, "
                f"received {[loss.name for loss in losses]}, which read the "
                "student alone. Add one such as tfkd.losses.SoftTargets(), or "
                "pass teacher=tfkd.teachers.SelfTeacher()."
            )
        if self.teacher.follows_student:
            require_tensorflow(type(self.teacher).__name__)
        self.distillation_losses = losses
        self.distillation_loss_weights = [float(f) for f in factors]
        self.student_loss_weight = schedules.get(
            student_loss_weight, "student_loss_weight", minimum=0.0
        )
        student_taps = _union(loss.student_taps for loss in losses)
        read = self.teacher.reads_from_student(self.teacher_taps)
        # The extractor's functional model shares the student's layers, which
        # must be tracked, and saved, once. The step is there while JAX traces.
        self._untracked = Untracked(
            extractor=Extractor(
                self.network, (*student_taps, *read, "outputs")
            ),
            step=None,
        )
        teacher_specs = self.teacher.connect(self.teacher_taps, self.network)
        for loss in losses:
            loss.attach(self.teacher, self.network)
            loss.setup(teacher_specs, self._untracked.extractor.specs)
        self._mean = _Mean(name="mean", dtype="float32")
        self._trackers = {
            part: keras.metrics.Mean(name=part)
            for part in ("task_loss", *(loss.name for loss in losses))
        }
        self.built = True

    def call(self, x, training=False):
        """Returns the student's outputs; in training, a dict of its taps."""
        inputs = batch_lib.views(x).student
        if training:
            if self.student_view is not None:
                inputs = self.student_view(inputs, training=True)
            return self._untracked.extractor(inputs, training=True)
        return self.student(inputs, training=False)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Adds distillation to Keras' loss; in evaluation, the task alone."""
        if not self._is_training(y_pred):
            if not self._measures_task():
                return ops.zeros((), "float32")
            if y is None:
                return self._without_labels()
            return super().compute_loss(
                x, *self._task(y, y_pred, sample_weight), training=training
            )
        step = self._step()
        task = self._task_loss(x, y, y_pred, sample_weight, step)
        return task + self._knowledge_loss(x, y, y_pred, sample_weight, step)

    def _without_labels(self):
        """What Keras gets that builds a loss for replicas before it trains."""
        if self._fitting:
            return ops.zeros((), "float32")
        raise InputError(
            "Evaluation measures the task, which needs labels, and the batch "
            "has none. Evaluate on (inputs, labels)."
        )

    def _knowledge_loss(self, x, y, y_pred, sample_weight, step, among=None):
        """Adds up the distillation losses, or those among some."""
        views = batch_lib.views(x)
        pairs = zip(self.distillation_losses, self.distillation_loss_weights)
        return self._weighted_sum(
            [(a, b) for a, b in pairs if among is None or a in among],
            teacher=self._teacher_taps(views, y_pred, step),
            student=y_pred,
            labels=y,
            index=views.index,
            step=step,
            weight=batch_lib.weight_per_example(sample_weight),
        )

    def _weighted_sum(
        self, losses, *, teacher, student, labels, index, step, weight
    ):
        """Adds pairs of a loss and its factor up, and reports each loss."""
        total = ops.zeros((), "float32")
        for loss, factor in losses:
            values = loss(
                teacher, student, labels=labels, index=index, step=step
            )
            value = self._mean(values, values, weight)
            self._track(loss.name, value, values)
            total = total + loss.weight(step) * factor * value
        return total

    def compute_loss_and_updates(self, *args, **kwargs):
        """Is Keras' training function on JAX."""
        given = kwargs.get("optimizer_variables")
        if given is not None:
            # Keras gives them to the optimizer alone, and leaves the model's
            # own variables without a value while it traces.
            own = [id(variable) for variable in self.optimizer.variables]
            step = given[own.index(id(self.optimizer.iterations))]
            self._untracked.step = step
        try:
            return super().compute_loss_and_updates(*args, **kwargs)
        finally:
            self._untracked.step = None

    def _step(self):
        traced = self._untracked.step
        return self.optimizer.iterations if traced is None else traced

    def _task_loss(self, x, y, y_pred, sample_weight, step):
        weight = self.student_loss_weight
        regularization = self._regularization()
        if _is_zero(weight) and (self.loss is None or y is None):
            return regularization
        if y is None:
            raise InputError(
                "The loss of the task needs labels, and the batch has none. "
                "Fit on (inputs, labels), where -1 marks an unlabelled "
                "example; or distill alone, with a task weight of 0."
            )
        outputs = y_pred["outputs"]
        total = super().compute_loss(
            x, *self._task(y, outputs, sample_weight), training=True
        )
        # Keras' sum holds the regularizers, which no weight must scale.
        task = total - regularization if self.losses else total
        self._track("task_loss", task, keras.tree.flatten(outputs)[0])
        return weight(step) * task + regularization

    def _regularization(self):
        return sum(
            (self._aggregate_additional_loss(loss) for loss in self.losses),
            start=ops.zeros((), "float32"),
        )

    def _task(self, y, outputs, sample_weight):
        y, sample_weight = self._learned(y, sample_weight)
        return y, outputs, sample_weight

    def _measures_task(self):
        """Whether there is a loss to evaluate, not metrics alone."""
        return self.loss is not None or bool(self.losses)

    def _teacher_taps(self, views, student, step):
        if views.cached and self.teacher.stochastic:
            raise InputError(
                f"{type(self.teacher).__name__} answers otherwise at every "
                "step, so that stored answers cannot stand for it; the batch "
                f"has stored ones of {sorted(views.cached)}. Leave out "
                '"cached" of x.'
            )
        if self.teacher.reads_stored and all(
            name in views.cached for name in self.teacher_taps
        ):
            taps = {name: views.cached[name] for name in self.teacher_taps}
        else:
            inputs = getattr(views, self.teacher.sees)
            if self.teacher_view is not None:
                inputs = self.teacher_view(inputs, training=True)
            taps = self.teacher(inputs, student=student, step=step)
        return keras.tree.map_structure(ops.stop_gradient, taps)

    def _track(self, part, value, batch):
        self._update(self._trackers[part], value, batch)

    def _update(self, tracker, value, batch):
        """Counts the mean over a batch, `(batch, ...)`, in a metric."""
        # Undoes the division by the number of replicas, as Keras does.
        replicas = getattr(
            getattr(self, "distribute_strategy", None),
            "num_replicas_in_sync",
            1,
        )
        tracker.update_state(
            value * replicas, sample_weight=ops.shape(batch)[0]
        )

    def _is_training(self, y_pred):
        """Whether `y_pred` is what `call(training=True)` returned."""
        taps = self._untracked.extractor.taps
        return isinstance(y_pred, dict) and set(y_pred) == set(taps)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Reports Keras' metrics, and in training every part of the loss."""
        training = self._is_training(y_pred)
        outputs = y_pred["outputs"] if training else y_pred
        if y is None:
            # Compiled metrics compare with labels.
            results = self._results(self._compile_metrics)
        else:
            y, sample_weight = self._labelled(y, sample_weight)
            results = super().compute_metrics(x, y, outputs, sample_weight)
        if training:
            return results
        hidden = set(self._trackers)
        if not self._measures_task():
            hidden.add("loss")
        return {k: v for k, v in results.items() if k not in hidden}

    def get_metrics_result(self):
        """Reports compiled metrics once there were labels."""
        compiled = self._compile_metrics
        if compiled is None or compiled.built:
            return super().get_metrics_result()
        return self._results(compiled)

    def _results(self, without):
        """The results of all metrics but one."""
        return {m.name: m.result() for m in self.metrics if m is not without}

    def check_batches(self, x, batch_size):
        pairwise = [p.name for p in self.distillation_losses if p.pairwise]
        if pairwise and batch_lib.size(x, batch_size) == 1:
            raise InputError(
                f"{', '.join(pairwise)} compare the examples of a batch with "
                "each other and need at least two, received batches of one. "
                "Pass a larger batch_size."
            )

    def train_step(self, *args, **kwargs):
        logs = super().train_step(*args, **kwargs)
        self._update_teacher()
        return logs

    def _update_teacher(self):
        if self.teacher.follows_student:
            self.teacher.update(self.network, self.optimizer.iterations)

    def _end_step(self, x, y, y_pred, sample_weight, loss):
        """Ends a training step that has moved the weights by itself."""
        self._update(self._loss_tracker, loss, keras.tree.flatten(x)[0])
        self._update_teacher()
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def parts(self):
        serialize = keras.saving.serialize_keras_object
        own_network = self.network is not self.student
        return {
            "student": reference.architecture(self.network),
            "student_name": self.student.name if own_network else None,
            "student_view": serialize(self.student_view),
            "teacher_view": serialize(self.teacher_view),
            "teacher": serialize(self.teacher),
            "distillation_losses": serialize(list(self.distillation_losses)),
            "distillation_loss_weights": self.distillation_loss_weights,
            "student_loss_weight": serialize(self.student_loss_weight),
            "name": self.name,
        }

    @classmethod
    def from_parts(cls, parts):
        parts = keras.saving.deserialize_keras_object(parts)
        name = parts.pop("student_name")
        if name is not None:
            # The student is the part of the network that ends in its output.
            network = parts["student"]
            parts["network"] = network
            parts["student"] = keras.Model(
                network.input, network.output["outputs"], name=name
            )
        model = cls(**parts)
        model.expect_teachers()
        return model


def _union(groups):
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _is_zero(schedule):
    return isinstance(schedule, schedules.Constant) and schedule.value == 0.0


def _check_losses(losses, factors):
    for loss in losses:
        if not isinstance(loss, KDLoss):
            raise InputError(
                "distillation_losses must be tfkd.losses.KDLoss objects, "
                f"received {loss!r}. For example tfkd.losses.SoftTargets()."
            )
    names = [loss.name for loss in losses]
    if len(set(names)) != len(names) or not names:
        raise InputError(
            "A distiller needs at least one distillation loss, each with a "
            f"name of its own, received {names}. Pass `name=`."
        )
    if len(factors) != len(losses):
        raise InputError(
            "distillation_loss_weights must hold one number for each of the "
            f"{len(losses)} losses, received {factors}."
        )
