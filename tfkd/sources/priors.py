"""What a batch of made images should be like. All return scalars."""

from keras import ops

from tfkd.numerics import flatten
from tfkd.numerics import safe_sqrt


def total_variation(images, p=2):
    """Sum over four directions of differences of neighbouring pixels.

    Equation:  p = 2: sum_d ||x - shift_d(x)||_2, norms over the whole batch
               p = 1: sum_d mean |x - shift_d(x)|
    Symbols:   d right, down and both diagonals.
    Paper:     as in the released code of Yin et al., arXiv:1912.08795.

    Args:
        images: `(batch, height, width, channels)`.
        p: 1 or 2.
    """
    differences = (
        images[:, :, 1:] - images[:, :, :-1],
        images[:, 1:] - images[:, :-1],
        images[:, 1:, 1:] - images[:, :-1, :-1],
        images[:, 1:, :-1] - images[:, :-1, 1:],
    )
    if p == 1:
        return sum(ops.mean(ops.abs(d)) for d in differences)
    return sum(safe_sqrt(ops.sum(ops.square(d))) for d in differences)


def norm(images):
    """Mean over examples of the Euclidean norm."""
    return ops.mean(safe_sqrt(ops.sum(ops.square(flatten(images)), axis=-1)))


def statistics_gap(features, mean, variance):
    """Distance of a batch's statistics from stored ones.

    Equation:  ||m(F) - mean||_2 + ||v(F) - variance||_2
    Symbols:   m, v mean and biased variance of each channel of F (batch,
               ..., channels) over all else.
    """
    batch_mean, batch_variance = _statistics(features)
    return sum(
        safe_sqrt(ops.sum(ops.square(a - b)))
        for a, b in ((batch_mean, mean), (batch_variance, variance))
    )


def gaussian_gap(features, mean, variance, epsilon=1e-5):
    """Divergence of a batch's statistics from stored ones, in nats.

    Equation:  mean_c KL(N(M, V) || N(m, v))
               = mean_c (log v / V + (V + (M - m)^2) / v - 1) / 2
    Symbols:   M, V stored `mean` and `variance` of channel c; m, v mean and
               biased variance of this channel of F (batch, ..., channels)
               over all else; `epsilon` is added to V and v.
    Paper:     Haroush et al., *The Knowledge Within*, CVPR 2020,
               arXiv:1912.01274; the mean over channels is inferred.
    """
    batch_mean, batch_variance = _statistics(features)
    v, stored = batch_variance + epsilon, variance + epsilon
    ratio = (stored + ops.square(mean - batch_mean)) / v
    return 0.5 * ops.mean(ops.log(v) - ops.log(stored) + ratio - 1.0)


def _statistics(features):
    """Mean and biased variance of each channel."""
    axes = tuple(range(len(features.shape) - 1))
    mean = ops.mean(features, axis=axes)
    return mean, ops.mean(ops.square(features - mean), axis=axes)


def jensen_shannon(teacher, student, temperature=3.0):
    """Divergence of softened classes, mean over examples, in nats.

    Equation:  (KL(M || P) + KL(M || Q)) / 2, M = (P + Q) / 2, all three
               clipped to [0.01, 0.99]
    Symbols:   P, Q softmax of logits / `temperature`.
    Paper:     as in the released code of Yin et al., arXiv:1912.08795: with
               M in the first place, where the textbook has it in the second.
    """
    p = ops.softmax(student / temperature, axis=-1)
    q = ops.softmax(teacher / temperature, axis=-1)
    middle = ops.clip(0.5 * (p + q), 0.01, 0.99)
    total = sum(
        ops.sum(
            middle * (ops.log(middle) - ops.log(ops.clip(side, 0.01, 0.99))), -1
        )
        for side in (p, q)
    )
    return 0.5 * ops.mean(total)


def diversity(noise, images):
    """Small where unlike noise makes unlike images.

    Equation:  exp(- mean_ij d(e_i, e_j) |x_i - x_j|),
               d(a, b) = mean (a - b)^2, |a| = mean of magnitudes
    Symbols:   e = `noise` (batch, size); x = `images` (batch, ...); i, j all
               pairs of the batch, equal ones among them.
    Paper:     Yoo et al., *Knowledge Extraction with No Observable Data*,
               NeurIPS 2019; the mean over pairs as in the authors' released
               code.
    """
    x = flatten(images)
    of_noise = ops.mean(ops.square(noise[:, None] - noise[None]), axis=-1)
    of_images = ops.mean(ops.abs(x[:, None] - x[None]), axis=-1)
    return ops.exp(-ops.mean(of_noise * of_images))


def competition(teacher, student, temperature=3.0):
    """Small where the student does not agree yet: 1 - clip(JS, 0, 1)."""
    divergence = jensen_shannon(teacher, student, temperature)
    return 1.0 - ops.clip(divergence, 0.0, 1.0)
