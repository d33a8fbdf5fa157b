"""Images for class probabilities that a teacher's weights suggest."""

import numpy as np

from tfkd import taps
from tfkd.errors import InputError
from tfkd.sources.input_optimizer import InputOptimizer

# Concentration of the class that is least like another.
_FLOOR = 1e-3


class DataImpressions(InputOptimizer):
    """Samples soft labels around each class, then optimizes inputs for them.

    Equation:  C_kj = w_k . w_j / (||w_k|| ||w_j||), each row scaled to
               [0, 1];  y ~ Dirichlet(b C_k);
               x = argmin H(y, softmax(z(x) / T))            (survey Eqn 30)
    Symbols:   w_k weights of class k in the teacher's last layer; b one of
               `scales`, an equal share of images each; T = `temperature`.
    Paper:     Nayak et al., *Zero-Shot Knowledge Distillation in Deep
               Networks*, ICML 2019, arXiv:1905.08114. The least similar
               class, whose concentration would be 0, has 1e-3.

    Args:
        teacher: See `InputOptimizer`; its logits come from a dense layer.
        scales: b, positive numbers.
        **kwargs: See `InputOptimizer`, whose priors are off here.

    Raises:
        InputError: If there is no such layer, or a scale is not positive.
    """

    def __init__(
        self,
        teacher,
        *,
        scales=(1.0, 0.1),
        steps=1500,
        learning_rate=0.01,
        temperature=20.0,
        tv=0.0,
        l2=0.0,
        statistics=0.0,
        jitter=0,
        flip=False,
        batch_size=100,
        **kwargs,
    ):
        super().__init__(
            teacher,
            steps=steps,
            learning_rate=learning_rate,
            temperature=temperature,
            tv=tv,
            l2=l2,
            statistics=statistics,
            jitter=jitter,
            flip=flip,
            batch_size=batch_size,
            **kwargs,
        )
        if not scales or not all(0 < b < float("inf") for b in scales):
            raise InputError(
                f"scales must be positive numbers, received {scales!r}."
            )
        self.scales = tuple(scales)
        self._classifier = taps.classifier(self.teacher)

    def similarity(self):
        """Returns C `(classes, classes)`, rows scaled to [0, 1]."""
        return class_similarity(np.asarray(self._classifier.kernel))

    def sample(self, count, *, number=0):
        """Returns soft labels `(count, classes)` of all classes in turn."""
        random = np.random.default_rng([self.seed, number, 1])
        concentration = np.maximum(self.similarity(), _FLOOR)
        targets = np.empty((count, self.classes))
        for place in range(count):
            # A scale for each round of classes.
            turn, k = divmod(place, self.classes)
            scale = self.scales[turn % len(self.scales)]
            targets[place] = random.dirichlet(scale * concentration[k])
        return targets.astype("float32")

    def make(self, count, *, number=0, verbose=0):
        """Returns images and the likeliest class of each one's soft label."""
        targets = self.sample(count, number=number)
        images = self.optimize(targets, number=number, verbose=verbose)
        return images, np.argmax(targets, axis=-1).astype("int32")


def class_similarity(kernel):
    """Returns cosines between columns, each row scaled to [0, 1].

    Args:
        kernel: `(..., classes)`.
    """
    weights = np.reshape(np.asarray(kernel, "float64"), (-1, kernel.shape[-1]))
    size = np.linalg.norm(weights, axis=0)
    unit = weights / np.where(size > 0, size, 1.0)
    cosines = unit.T @ unit
    low = cosines.min(axis=1, keepdims=True)
    spread = cosines.max(axis=1, keepdims=True) - low
    return np.where(
        spread > 0, (cosines - low) / np.where(spread > 0, spread, 1), 1.0
    )
