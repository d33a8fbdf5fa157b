"""A classifier and a teacher label examples; a critic looks for fakes."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.models import critics

_TINY = 1e-7


@keras.saving.register_keras_serializable("tfkd")
class ThreePlayerGame(KDLoss):
    """Two players deceive a critic of pairs of features and labels.

    Equation:  L = L_D + L_P,  with d = D(x, label), s = softplus,
               L_D = s(-d(y)) + a s(d(y_c)) + (1 - a) s(d(y_t))
               L_P = a s(-d(y_c)) + (1 - a) s(-d(y_t))
               y_i = softmax((log softmax(z_i) + g) / tau), g Gumbel noise
               (survey Eqn 13); labels are held in L_D, D's weights in L_P.
    Symbols:   x features, held; y one-hot labels, z_c and z_t (batch,
               classes) logits of classifier and teacher; D = `critic`; a =
               `balance`; tau = `temperature`. In nats.
    Paper:     Wang et al., *KDGAN: Knowledge Distillation with Generative
               Adversarial Networks*, NeurIPS 2018, Eqn 7 of which the
               survey's Eqn 13 is a form. The players' terms are the
               non-saturating ones.

    An example of label -1 has no pair of its own; its fakes count.

    Args:
        critic: Layer from the list `[x, label]` to a score.
        feature_tap: Name of x.
        classifier_tap: Name of z_c.
        peer_tap: Name of z_t.
        balance: a in [0, 1].
        temperature: tau > 0, a number or schedule.
        seed: Of the noise.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If an argument is out of range, classes differ, or a
            batch has no labels.
    """

    needs_labels = True

    def __init__(
        self,
        critic,
        *,
        feature_tap,
        classifier_tap="logits",
        peer_tap="peer1",
        balance=0.5,
        temperature=1.0,
        seed=0,
        name="game",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not 0 <= balance <= 1:
            raise InputError(
                f"balance must be a number in [0, 1], received {balance!r}."
            )
        self.critic = critic
        self.student_taps = (feature_tap, classifier_tap, peer_tap)
        self.balance = balance
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def setup(self, teacher, student):
        shapes = [tuple(student[tap].shape) for tap in self.student_taps[1:]]
        if shapes[0] != shapes[1] or len(shapes[0]) != 2:
            raise InputError(
                "Classifier and teacher must label the same classes, "
                f"received logits of shapes {shapes[0]} and {shapes[1]}. "
                "Give them equally many outputs."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        features, classifier, peer = (student[t] for t in self.student_taps)
        features = ops.stop_gradient(features)
        temperature = self.temperature(step)
        fakes = [
            self.sample(logits, temperature) for logits in (classifier, peer)
        ]
        real, known = self._labels(labels, classifier)
        loss = known * ops.softplus(-self.score(features, real))
        for share, fake in zip((self.balance, 1.0 - self.balance), fakes):
            seen = self.score(features, ops.stop_gradient(fake))
            deceived = critics.held(self.critic, [features, fake])[:, 0]
            loss = loss + share * (ops.softplus(seen) + ops.softplus(-deceived))
        return loss

    def score(self, features, label):
        """Returns the critic's score of each pair, `(batch,)`."""
        return self.critic([features, label], training=True)[:, 0]

    def sample(self, logits, temperature):
        """Draws a relaxed one-hot label from the concrete distribution."""
        uniform = keras.random.uniform(
            ops.shape(logits),
            _TINY,
            1.0 - _TINY,
            dtype=self.compute_dtype,
            seed=self.generator,
        )
        gumbel = -ops.log(-ops.log(uniform))
        log_p = ops.log_softmax(logits, axis=-1)
        return ops.softmax((log_p + gumbel) / temperature, axis=-1)

    def _labels(self, labels, logits):
        """Returns one-hot labels, and 1 for each example that has one."""
        if labels is None:
            raise InputError(
                f"The loss {self.name!r} needs labels, and the batch has "
                "none. Fit on (inputs, labels); -1 marks an unlabelled one."
            )
        classes = logits.shape[-1]
        if len(labels.shape) == 2 and labels.shape[-1] == classes:
            real = ops.cast(labels, logits.dtype)
        else:
            labels = ops.reshape(labels, (-1,))
            real = ops.one_hot(labels, classes, dtype=logits.dtype)
        return real, ops.sum(real, axis=-1)

    def save_own_variables(self, store):
        store["random"] = self.generator.state

    def load_own_variables(self, store):
        self.generator.state.assign(store["random"])

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "critic": serialize(self.critic),
            "feature_tap": self.student_taps[0],
            "classifier_tap": self.student_taps[1],
            "peer_tap": self.student_taps[2],
            "balance": self.balance,
            "temperature": serialize(self.temperature),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        critic = keras.saving.deserialize_keras_object(config["critic"])
        return cls(**{**config, "critic": critic})
