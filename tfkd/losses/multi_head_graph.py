"""Relations between examples, as an attention network sees them."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.sensing_points import SensingPoints
from tfkd.numerics import l2_normalize
from tfkd.transforms import singular_vectors

# Of the student, so many vectors are candidates for alignment.
_CANDIDATES = 4


@keras.saving.register_keras_serializable("tfkd")
class MultiHeadGraph(SensingPoints):
    """Attention between a batch's examples, learned from the teacher alone.

    Equation:  step < n:   L = sum_l 1 - cos(e_l(A_l, f), b)
               afterwards: L_i = sum_l sum_h KL(softmax_j(tanh A_l(t)_hij) ||
                                           softmax_j(tanh A_l(s)_hij))
               A_l(x)_hij = <BN(W_h b_i), BN(V_h f_j)>
    Symbols:   l pairs of neighbouring layers; f, b the first right singular
               vectors of an example's maps in front and behind, the
               student's aligned to the teacher's; i, j examples; h heads; e
               the estimator: from f through a layer, mixed over examples by
               softmax_j(A), through another layer; n = `estimator_steps`.
    Paper:     Lee & Song, *Graph-based Knowledge Distillation by Multi-head
               Attention Network*, BMVC 2019, arXiv:1907.02226.

    The attention is that of a copy which stops following after step n.

    Args:
        pairs: `((teacher_tap, student_tap), ...)`, at least two layers from
            front to back.
        estimator_steps: n >= 0.
        heads: At least 1.
        reverse: Whether the divergence is KL(student || teacher).
        seed: Whole number behind the heads that the estimator drops.
        **kwargs: See `SensingPoints`.

    Raises:
        InputError: If there are fewer than two layers, one is no map, or a
            number is out of range.
    """

    pairwise = True

    def __init__(
        self,
        *,
        estimator_steps,
        heads=8,
        reverse=False,
        seed=0,
        name="multi_head_graph",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if int(heads) != heads or heads < 1 or estimator_steps < 0:
            raise InputError(
                "heads must be a whole number >= 1 and estimator_steps >= 0, "
                f"received heads={heads!r}, estimator_steps="
                f"{estimator_steps!r}."
            )
        self.heads = int(heads)
        self.estimator_steps = int(estimator_steps)
        self.reverse = bool(reverse)
        self.seed = int(seed)

    def setup(self, teacher, student):
        super().setup(teacher, student)
        policy = self.dtype_policy
        shapes = [tuple(teacher[name].shape) for name, _ in self.pairs]
        self.attentions, self.frozen, self.estimators = [], [], []
        for number, (front, back) in enumerate(zip(shapes, shapes[1:])):
            widths = front[-1], back[-1]
            self.attentions.append(Attention(self.heads, dtype=policy))
            self.frozen.append(
                Attention(self.heads, dtype=policy, trainable=False)
            )
            self.estimators.append(
                Estimator(self.heads, seed=self.seed + number, dtype=policy)
            )
            for part in (self.attentions, self.frozen, self.estimators):
                part[-1].build(widths)

    def values(self, teacher, student, *, labels, index, step):
        step = ops.cast(step, "int32")
        learning = step < self.estimator_steps
        layers = [self._vectors(*pair) for pair in self.maps(teacher, student)]
        total = 0.0
        for number, (front, back) in enumerate(zip(layers, layers[1:])):
            self._follow(number, step <= self.estimator_steps)
            error = self._estimate(number, front[0], back[0])
            graphs = [
                ops.tanh(self.frozen[number](b, f, training=False))
                for f, b in zip(front, back)
            ]
            total += ops.where(learning, error, self.compare(*graphs))
        return total

    def compare(self, teacher, student):
        """Returns the divergence of two graphs `(heads, i, j)`, by i."""
        pair = [ops.log_softmax(g, axis=-1) for g in (teacher, student)]
        first, second = reversed(pair) if self.reverse else pair
        return ops.sum(ops.exp(first) * (first - second), axis=(0, 2))

    def _vectors(self, teacher, student):
        """First right singular vectors, `(batch, channels)` each."""
        _, targets = singular_vectors.decompose(teacher, 1)
        many = min(_CANDIDATES, student.shape[-1])
        _, vectors = singular_vectors.decompose(student, many)
        vectors = singular_vectors.align(vectors, targets)
        return targets[..., 0], vectors[..., 0]

    def _follow(self, number, follows):
        pair = self.frozen[number].weights, self.attentions[number].weights
        for copy, weight in zip(*pair):
            copy.assign(ops.where(follows, weight, copy))

    def _estimate(self, number, front, back):
        graph = self.attentions[number](back, front, training=True)
        found = self.estimators[number](front, graph, training=True)
        return 1.0 - ops.sum(found * back, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "estimator_steps": self.estimator_steps,
            "heads": self.heads,
            "reverse": self.reverse,
            "seed": self.seed,
        }


class Attention(keras.layers.Layer):
    """Scores between examples of two layers, `(heads, back, front)`."""

    def __init__(self, heads, **kwargs):
        super().__init__(**kwargs)
        self.heads = heads

    def build(self, widths):
        front, back = widths
        self.units = max(1, (front + back) // 2)
        units = self.units * self.heads
        # A shift of what is behind changes which example is seen; one of
        # what is in front moves all scores alike, which no softmax sees.
        self.ends = [
            _normalized(units, back, self),
            _normalized(units, front, self, center=False),
        ]
        self.built = True

    def call(self, back, front, training=False):
        back, front = (
            ops.reshape(
                norm(dense(x), training=training),
                (-1, self.heads, self.units),
            )
            for x, (dense, norm) in zip((back, front), self.ends)
        )
        return ops.einsum("ihd,jhd->hij", back, front)


class Estimator(keras.layers.Layer):
    """The vectors behind, from those in front and a graph of examples.

    About half of the heads, drawn for each example, are dropped.
    """

    def __init__(self, heads, seed, **kwargs):
        super().__init__(**kwargs)
        self.heads = heads
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, widths):
        front, back = widths
        self.units = max(1, (front + back) // 2)
        self.first = _normalized(self.units, front, self)
        self.last = keras.layers.Dense(back, dtype=self.dtype_policy)
        self.last.build((None, self.units * self.heads))
        self.built = True

    def call(self, front, graph, training=False):
        # The softmax of Keras warns where a batch has one example.
        weights = ops.exp(ops.log_softmax(graph, axis=-1))
        if training:
            noise = keras.random.normal(
                ops.shape(graph)[:2], seed=self.seed_generator
            )
            mean = ops.mean(noise, axis=0, keepdims=True)
            # A single head has nothing to be compared with.
            kept = noise > mean if self.heads > 1 else noise == noise
            weights = weights * ops.cast(kept, weights.dtype)[..., None]
        dense, norm = self.first
        hidden = ops.relu(norm(dense(front), training=training))
        mixed = ops.einsum("hij,jd->ihd", weights, hidden)
        mixed = ops.reshape(mixed, (-1, self.heads * self.units))
        return l2_normalize(self.last(mixed))


def _normalized(units, width, owner, center=True):
    """A dense layer and batch normalization, built."""
    policy = owner.dtype_policy
    dense = keras.layers.Dense(units, use_bias=False, dtype=policy)
    norm = keras.layers.BatchNormalization(center=center, dtype=policy)
    dense.build((None, width))
    norm.build((None, units))
    for layer in (dense, norm):
        layer.trainable = owner.trainable
    return dense, norm
