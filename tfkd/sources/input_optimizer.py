"""Images that a teacher answers as it is told to."""

import math

import keras
import numpy as np
import tensorflow as tf

from tfkd import checks
from tfkd import taps
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.errors import unknown
from tfkd.sources import priors

# Steps between two looks at the progress bar.
_CHUNK = 50
_GAPS = {"l2": priors.statistics_gap, "kl": priors.gaussian_gap}


class InputOptimizer:
    """Moves pixels until a teacher's answer and statistics fit.

    Equation:  x = argmin  a_y H(y, softmax(z(x) / T)) + a_tv TV(x)
                   + a_1 TV_1(x) + a_2 ||x||_2
                   + a_f sum_l k_l (||m_l(x) - M_l||_2 + ||v_l(x) - V_l||_2)
                   + a_c (1 - JS(p_t(x), p_s(x)))            (survey Eqn 29)
               where a_f may weigh k_l KL(N(M_l, V_l) || N(m_l, v_l)) instead
    Symbols:   x images, scaled to [-1, 1] in the priors; y targets; T =
               `temperature`; a_y = `classification`; a_tv = `tv`; a_1 =
               `tv_l1`; a_2 = `l2`; a_f = `statistics`; m_l, v_l statistics
               over the batch of what batch normalization l receives, M_l, V_l
               its moving ones; k_1 = `first`, else 1; a_c = `competition`; JS
               between `teacher` and `student`.
    Paper:     Yin et al., *Dreaming to Distill*, CVPR 2020,
               arXiv:1912.08795.

    Adam with betas (0.5, 0.9), from Gaussian noise; after each step x is
    clipped to the range of values. Each step sees the images rolled by up to
    `jitter` pixels and flipped half of the time. It needs the TensorFlow
    backend. The same seed gives the same images.

    Args:
        teacher: A built `keras.Model` or `tfkd.teachers.FrozenTeacher`.
        student: Model that competes, for `competition` > 0.
        value_range: `(low, high)` of the teacher's raw inputs.
        steps: Of the optimizer, at least 1.
        learning_rate: In units of half the range.
        temperature: T > 0.
        classification: a_y >= 0.
        tv: a_tv >= 0, for images only.
        tv_l1: a_1 >= 0, for images only.
        l2: a_2 >= 0.
        statistics: a_f >= 0.
        first: Factor k of the first batch normalization.
        gap: `"l2"` or `"kl"`, of statistics.
        competition: a_c >= 0.
        jitter: Pixels, at least 0.
        flip: Whether images are mirrored.
        batch_size: Images that share their statistics.
        seed: Whole number.

    Raises:
        InputError: If an argument is out of range, the teacher has no batch
            normalization, its input has no fixed size, or Keras runs on
            another backend.
    """

    # Taps that targets are for, besides the logits.
    goal_taps = ()

    def __init__(
        self,
        teacher,
        *,
        student=None,
        value_range=(0.0, 255.0),
        steps=2000,
        learning_rate=0.1,
        temperature=1.0,
        classification=1.0,
        tv=2.5e-5,
        tv_l1=0.0,
        l2=3e-8,
        statistics=10.0,
        first=10.0,
        gap="l2",
        competition=0.0,
        jitter=2,
        flip=True,
        batch_size=128,
        seed=0,
    ):
        require_tensorflow("InputOptimizer")
        if gap not in _GAPS:
            raise unknown("gap of statistics", gap, _GAPS)
        self.gap = gap
        factors = {
            "classification": classification,
            "tv": tv,
            "tv_l1": tv_l1,
            "l2": l2,
            "statistics": statistics,
            "first": first,
            "competition": competition,
            "jitter": jitter,
        }
        _check(factors, steps, batch_size, learning_rate, temperature)
        self.low, self.high = check_range(value_range)
        if competition and student is None:
            raise InputError(
                "competition needs a student that competes with the teacher, "
                "received student=None. Pass one, or competition=0."
            )
        # A frozen teacher has a model, and may have preprocessing.
        self.teacher = getattr(teacher, "model", teacher)
        self.preprocessing = getattr(teacher, "preprocessing", None)
        self.student = student if competition else None
        self.shape = input_shape(self.teacher)
        self.factors = factors
        self.steps = int(steps)
        self.learning_rate = learning_rate
        self.temperature = temperature
        self.flip = flip
        self.batch_size = int(batch_size)
        self.seed = seed
        self._layers = (
            taps.batch_normalizations(self.teacher) if statistics else {}
        )
        self._extractor = taps.Extractor(
            self.teacher, ("logits", *self.goal_taps, *self._layers)
        )
        self.classes = self._extractor.specs["logits"].shape[-1]
        if self.student is not None:
            self._student_logits = taps.Extractor(student, ["logits"])

    @property
    def adaptive(self):
        """Whether the images depend on what the student knows by now."""
        return self.student is not None

    def make(self, count, *, number=0, verbose=0):
        """Returns images of all classes in turn, and their labels.

        Args:
            count: How many, at least 1.
            number: Of the set: another one, other images.
            verbose: 0 for no progress bar.

        Returns:
            Arrays `(count, ...)` of raw inputs and `(count,)` of classes.
        """
        labels = np.arange(count, dtype="int32") % self.classes
        targets = np.eye(self.classes, dtype="float32")[labels]
        images = self.optimize(targets, number=number, verbose=verbose)
        return images, labels

    def optimize(self, targets, *, number=0, verbose=0):
        """Returns one image for each target.

        Args:
            targets: Probabilities `(count, classes)`, or what `goal` reads.
            number: Of the set, part of the seed.
            verbose: 0 for no progress bar.

        Raises:
            InputError: If there is no target, or one becomes NaN.
        """
        targets = np.asarray(targets, "float32")
        if targets.ndim != 2 or not len(targets):
            raise InputError(
                "optimize needs targets (count, classes) with count >= 1, "
                f"received shape {targets.shape}."
            )
        starts = range(0, len(targets), self.batch_size)
        bar = keras.utils.Progbar(
            len(starts) * self.steps, verbose=1 if verbose else 0
        )
        random = np.random.default_rng([self.seed, number])
        batches = []
        for start in starts:
            batch = targets[start : start + self.batch_size]
            noise = random.normal(size=(len(batch), *self.shape))
            seed = int(random.integers(2**31))
            batches.append(
                self._optimize(noise.astype("float32"), batch, seed, bar)
            )
        return np.concatenate(batches)

    def loss(self, images, targets):
        """Returns the equation's value for scaled images, a scalar."""
        inputs = self.pixels(images)
        if self.preprocessing is not None:
            inputs = self.preprocessing(inputs)
        found = self._extractor(inputs, training=False)
        logits = tf.cast(found["logits"], "float32")
        factors = self.factors
        total = tf.zeros(())
        if factors["classification"]:
            total += factors["classification"] * self.goal(found, targets)
        if len(self.shape) == 3:
            for name, p in (("tv", 2), ("tv_l1", 1)):
                if factors[name]:
                    total += factors[name] * priors.total_variation(images, p)
        if factors["l2"]:
            total += factors["l2"] * priors.norm(images)
        for place, (tap, layer) in enumerate(self._layers.items()):
            gap = _GAPS[self.gap](
                tf.cast(found[tap], "float32"),
                tf.convert_to_tensor(layer.moving_mean),
                tf.convert_to_tensor(layer.moving_variance),
            )
            factor = factors["first"] if place == 0 else 1.0
            total += factors["statistics"] * factor * gap
        if self.student is not None:
            theirs = self._student_logits(self.pixels(images), training=False)
            theirs = tf.cast(theirs["logits"], "float32")
            total += factors["competition"] * priors.competition(logits, theirs)
        return total

    def goal(self, found, targets):
        """Returns how far taps are from what they should be, a scalar.

        Args:
            found: Tap name to tensor.
            targets: Probabilities `(batch, classes)`.
        """
        logits = tf.cast(found["logits"], "float32")
        log_p = tf.nn.log_softmax(logits / self.temperature)
        return -tf.reduce_mean(tf.reduce_sum(targets * log_p, -1))

    def pixels(self, images):
        """Returns raw inputs for images scaled to [-1, 1]."""
        return self.low + (self.high - self.low) * 0.5 * (images + 1.0)

    def _optimize(self, noise, targets, seed, bar):
        images = keras.Variable(noise)
        optimizer = keras.optimizers.Adam(
            self.learning_rate, beta_1=0.5, beta_2=0.9
        )
        optimizer.build([images])

        @tf.function
        def advance(count):
            for _ in tf.range(count):
                step = tf.cast(optimizer.iterations.value, "int32")
                with tf.GradientTape() as tape:
                    tape.watch(images.value)
                    view = self._view(tf.identity(images.value), seed, step)
                    loss = self.loss(view, targets)
                optimizer.apply([tape.gradient(loss, images.value)], [images])
                images.assign(tf.clip_by_value(images.value, -1.0, 1.0))

        done = 0
        while done < self.steps:
            count = min(_CHUNK, self.steps - done)
            advance(tf.constant(count))
            done += count
            bar.add(count)
        found = np.asarray(self.pixels(images.value))
        if not np.all(np.isfinite(found)):
            raise InputError(
                "The images became NaN. Lower learning_rate, and check that "
                "the teacher's outputs are finite."
            )
        return found

    def _view(self, images, seed, step):
        """The images rolled and mirrored, by the seed and the step."""
        if len(self.shape) != 3:
            return images
        jitter = int(self.factors["jitter"])
        if jitter:
            shift = tf.random.stateless_uniform(
                [2], [seed, step], -jitter, jitter + 1, dtype="int32"
            )
            images = tf.roll(images, shift, axis=[1, 2])
        if self.flip:
            draw = tf.random.stateless_uniform([], [seed + 1, step])
            images = tf.where(draw < 0.5, tf.reverse(images, [2]), images)
        return images


def input_shape(model):
    """Returns the shape of one input of a model, without batch.

    Raises:
        InputError: If it has several inputs, or a size is unknown.
    """
    inputs = keras.tree.flatten(model.inputs)
    shape = tuple(inputs[0].shape[1:])
    if len(inputs) != 1 or None in shape:
        raise InputError(
            "Images are made for a teacher with one input of fixed size; "
            f"{model.name!r} has inputs of shapes "
            f"{[tuple(t.shape) for t in inputs]}. Rebuild it with "
            "keras.Input(shape) of fixed size."
        )
    return shape


def check_range(value_range):
    """Returns `(low, high)` as floats.

    Raises:
        InputError: If low is not below high, or one is not finite.
    """
    low, high = (float(value) for value in value_range)
    if not low < high or not math.isfinite(high - low):
        raise InputError(
            "value_range must be (low, high) with low < high, the range of "
            f"the teacher's raw inputs, received {value_range!r}."
        )
    return low, high


def _check(factors, steps, batch_size, learning_rate, temperature):
    checks.not_negative(**factors)
    checks.whole(0, jitter=factors["jitter"])
    checks.whole(1, steps=steps, batch_size=batch_size)
    checks.positive(learning_rate=learning_rate, temperature=temperature)
