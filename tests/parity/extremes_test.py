"""Every part that compares two taps, where float32 comes to its ends.

Logits of 1e4, features of 1e-8, equal tensors and a batch of one give what
the float64 formula gives, or a finite number where the formula needs weights;
never NaN, in value or gradient.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tfkd import distances
from tfkd import losses
from tfkd import methods
from tfkd import models
from tfkd import transforms

RANDOM = np.random.default_rng(0)
SHAPE = (4, 6)
MAPS = (4, 4, 4, 6)


def extremes(shape):
    """Name to a teacher's and a student's float32 tensor."""
    teacher, student = RANDOM.normal(size=(2, *shape)).astype("float32")
    zeros = np.zeros(shape, "float32")
    return {
        "large": (teacher * 1e4, student * 1e4),
        "small": (teacher * 1e-8, student * 1e-8),
        "large_and_small": (teacher * 1e4, student * 1e-8),
        "equal": (teacher, teacher),
        "equal_and_large": (teacher * 1e4, teacher * 1e4),
        "equal_examples": (teacher[:1] + zeros, student[:1] + zeros),
        "zeros": (zeros, zeros),
        "one_example": (teacher[:1], student[:1]),
    }


VECTORS = extremes(SHAPE)
SETS = extremes((3, 5, 4))
FEATURE_MAPS = extremes(MAPS)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def log_softmax(z):
    z = z - z.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def kl(t, s):
    return np.sum(softmax(t) * (log_softmax(t) - log_softmax(s)), -1)


def lp(t, s, p=2, root=False):
    value = np.mean(np.abs(t - s) ** p, -1)
    return value ** (1 / p) if root else value


def unit(x):
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(length > 0, length, 1)


def hinge(t, s):
    return np.sum(np.maximum(1 - np.where(t > 0, s, -s), 0) ** 2, -1)


def huber(t, s):
    size = np.abs(t - s)
    return np.mean(np.where(size > 1, size - 0.5, size**2 / 2), -1)


def partial(t, s):
    return np.sum(np.where((s <= t) & (t <= 0), 0, (t - s) ** 2), -1)


def probability_kl(t, s):
    t, s = softmax(t), softmax(s)
    return np.sum(t * np.log((t + 1e-7) / (s + 1e-7)), -1)


def adjacency(x):
    weights = np.maximum(unit(x) @ unit(x).T, 0)
    np.fill_diagonal(weights, 0)
    degree = weights.sum(-1)
    root = np.where(degree > 1e-6, np.maximum(degree, 1e-6) ** -0.5, 0)
    return root[:, None] * weights * root


def graph(t, s):
    return len(t) * np.sum((adjacency(t) - adjacency(s)) ** 2, -1)


def mmd(kernel):
    def value(t, s):
        cross = np.sum((t[:, :, None] - s[:, None]) ** 2, -1)
        width = np.mean(cross, (1, 2))[:, None, None]
        width = np.where(width > 0, width, 1)

        def k(x, y):
            if kernel == "gaussian":
                square = np.sum((x[:, :, None] - y[:, None]) ** 2, -1)
                return np.exp(-square / (2 * width)).mean((1, 2))
            dot = x @ y.transpose(0, 2, 1)
            return (dot ** (2 if kernel == "poly" else 1)).mean((1, 2))

        return k(t, t) + k(s, s) - 2 * k(t, s)

    return value


class OnProbabilities(distances.ProbabilityKL):
    """Of what softmax makes of extreme logits."""

    def call(self, teacher, student):
        return super().call(tf.nn.softmax(teacher), tf.nn.softmax(student))


# Distance, its formula in float64, and the tensors it compares.
DISTANCES = {
    "activation_boundary": (distances.ActivationBoundary(), hinge, VECTORS),
    "graph": (distances.GraphDistance(), graph, VECTORS),
    "huber": (distances.HuberDistance(), huber, VECTORS),
    "l21": (
        distances.L21Distance(),
        lambda t, s: np.linalg.norm(t - s, axis=1).sum(-1),
        SETS,
    ),
    "l1": (distances.LpDistance(p=1), lambda t, s: lp(t, s, 1), VECTORS),
    "l2": (distances.LpDistance(), lp, VECTORS),
    "l2_root": (
        distances.LpDistance(root=True),
        lambda t, s: lp(t, s, root=True),
        VECTORS,
    ),
    "mmd_linear": (distances.MMD("linear"), mmd("linear"), SETS),
    "mmd_poly": (distances.MMD("poly"), mmd("poly"), SETS),
    "mmd_gaussian": (distances.MMD("gaussian"), mmd("gaussian"), SETS),
    "normalized_l2": (
        distances.NormalizedLp(),
        lambda t, s: lp(unit(t), unit(s)),
        VECTORS,
    ),
    "normalized_l2_root": (
        distances.NormalizedLp(root=True),
        lambda t, s: lp(unit(t), unit(s), root=True),
        VECTORS,
    ),
    "partial_l2": (distances.PartialL2(), partial, VECTORS),
    "probability_kl": (OnProbabilities(), probability_kl, VECTORS),
    "softmax_kl": (distances.SoftmaxKL(), kl, VECTORS),
    "softmax_mse": (
        distances.SoftmaxMSE(),
        lambda t, s: np.mean((softmax(t) - softmax(s)) ** 2, -1),
        VECTORS,
    ),
}
# Differences of nearly equal sums: exact to rounding of the sums alone.
CANCELLING = {"mmd_poly", "mmd_gaussian", "graph"}
# Base classes, which compare nothing.
NO_DISTANCE = {"Distance"}


def run(function, student):
    """Returns a part's values and the gradient of their sum."""
    tensor = tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        values = function(tensor)
        total = tf.reduce_sum(values)
    gradient = tape.gradient(total, tensor)
    return values.numpy(), 0 if gradient is None else gradient.numpy()


@pytest.mark.parametrize("extreme", VECTORS)
@pytest.mark.parametrize("key", DISTANCES)
def test_a_distance_is_that_of_the_float64_formula(key, extreme):
    distance, formula, tensors = DISTANCES[key]
    teacher, student = tensors[extreme]
    values, gradient = run(lambda s: distance.call(teacher, s), student)
    expected = formula(teacher.astype("float64"), student.astype("float64"))
    assert values.shape == (len(teacher),)
    assert values.dtype == "float32"
    atol = 1e-37
    if key in CANCELLING:
        largest = max(np.max(np.abs(x)) for x in (teacher, student))
        atol = 2e-6 * (float(largest) ** 4 * 16 if key == "mmd_poly" else 1)
    if key in ("softmax_kl", "softmax_mse", "probability_kl"):
        # A divergence of distributions 1e-8 apart is below their rounding.
        atol = 1e-6
    np.testing.assert_allclose(values, expected, rtol=2e-5, atol=atol)
    assert np.all(np.isfinite(gradient))
    if teacher is student and key != "activation_boundary":
        np.testing.assert_allclose(gradient, 0, atol=1e-5)


def taps(*shapes):
    teacher, student = shapes
    return {"t": keras.KerasTensor((None, *teacher))}, {
        "s": keras.KerasTensor((None, *student))
    }


def made(name, **arguments):
    keras.utils.set_random_seed(0)
    kind = getattr(losses, name)
    names = {"teacher_tap": "t", "student_tap": "s"}
    return kind(**{**names, **arguments})


def stock():
    kl_class = keras.losses.KLDivergence()
    return keras.distillation.LogitsDistillation(loss=kl_class)


def hard_labels(count):
    return np.arange(count, dtype="int32") % SHAPE[-1]


def boxes(count):
    return np.tile(np.float32([[[0, 0, 4, 6, 0]]]), (count, 1, 1))


# Loss, its formula or None where weights are in it, tensors, and labels.
LOSSES = {
    "SoftTargets": (
        lambda: made("SoftTargets"),
        lambda t, s: 16 * kl(t / 4, s / 4),
        VECTORS,
    ),
    "EnsembleSoftTargets": (
        lambda: losses.EnsembleSoftTargets(
            teacher_taps=("t",), student_tap="s", temperature=2.0
        ),
        lambda t, s: 4 * kl(t / 2, s / 2),
        VECTORS,
    ),
    "FeatureMatch": (lambda: made("FeatureMatch"), lp, VECTORS),
    "TopScoreDifference": (
        lambda: losses.TopScoreDifference(top=3, student_tap="s"),
        lambda t, s: (
            np.sort(softmax(s))[:, -1] - np.sort(softmax(s))[:, -3:-1].mean(-1)
        ),
        VECTORS,
    ),
    "TaskLoss": (
        lambda: losses.TaskLoss(student_tap="s"),
        lambda t, s: -log_softmax(s)[np.arange(len(s)), hard_labels(len(s))],
        VECTORS,
    ),
    "KerasLoss": (lambda: made("KerasLoss", loss=stock()), None, VECTORS),
    "MemoryContrast": (
        lambda: made("MemoryContrast", size=4, negatives=3, units=4),
        None,
        VECTORS,
    ),
    "Adversarial": (
        lambda: made(
            "Adversarial",
            critic=models.critics.mlp((None, *SHAPE[1:]), units=(4,)),
        ),
        None,
        VECTORS,
    ),
    "FactorTransfer": (
        lambda: made("FactorTransfer", paraphraser_steps=0),
        None,
        FEATURE_MAPS,
    ),
    "VariationalGaussian": (
        lambda: made("VariationalGaussian"),
        None,
        FEATURE_MAPS,
    ),
    "FeatureImitation": (
        lambda: made(
            "FeatureImitation", image_size=(8, 8), anchor_sizes=((4, 4),)
        ),
        None,
        FEATURE_MAPS,
    ),
}
# What compares no two taps of its own.
NO_PAIR = {
    "ConfidentImages": "reads the teacher alone",
    "KDLoss": "the base class",
    "Mixture": "a sum of others",
    "ThreePlayerGame": "three networks; its own test has extremes",
}


@pytest.mark.parametrize("extreme", VECTORS)
@pytest.mark.parametrize("key", LOSSES)
def test_a_loss_is_that_of_the_formula_or_finite(key, extreme):
    build, formula, tensors = LOSSES[key]
    teacher, student = tensors[extreme]
    loss = build()
    loss.setup(*taps(teacher.shape[1:], student.shape[1:]))
    count = len(teacher)
    label = boxes if key == "FeatureImitation" else hard_labels
    values, gradient = run(
        lambda s: loss(
            {"t": teacher},
            {"s": s},
            labels=label(count),
            index=np.arange(count),
            step=1,
        ),
        student,
    )
    assert values.shape == (count,)
    assert np.all(np.isfinite(values))
    assert np.all(np.isfinite(gradient))
    if formula is not None:
        expected = formula(teacher.astype("float64"), student.astype("float64"))
        np.testing.assert_allclose(values, expected, rtol=2e-5, atol=1e-6)


# Transforms whose result is compared, on tensors of these shapes.
TRANSFORMS = {
    "affinity": (transforms.AffinityMatrix, FEATURE_MAPS),
    "attention": (transforms.AttentionMap, FEATURE_MAPS),
    "log_similarity": (transforms.LogSimilarity, VECTORS),
    "pair_distances": (transforms.PairDistances, VECTORS),
    "position_affinity": (transforms.PositionAffinity, FEATURE_MAPS),
    "similarity": (transforms.SimilarityMatrix, VECTORS),
    "triplet_angles": (transforms.TripletAngles, VECTORS),
}


@pytest.mark.parametrize("extreme", VECTORS)
@pytest.mark.parametrize("key", TRANSFORMS)
def test_a_transformed_match_is_finite(key, extreme):
    kind, tensors = TRANSFORMS[key]
    teacher, student = tensors[extreme]
    loss = losses.FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=kind(),
        student_transform=kind(),
        distance=distances.LpDistance(root=True),
    )
    loss.setup(*taps(teacher.shape[1:], student.shape[1:]))
    values, gradient = run(lambda s: loss({"t": teacher}, {"s": s}), student)
    assert np.all(np.isfinite(values))
    assert np.all(np.isfinite(gradient))
    if teacher is student:
        np.testing.assert_array_equal(values, 0)


def test_every_distance_and_loss_is_covered():
    covered = {type(d).__name__ for d, _, _ in DISTANCES.values()}
    covered = (covered - {"OnProbabilities"}) | {"ProbabilityKL"} | NO_DISTANCE
    assert covered == set(distances.__all__)
    assert {*LOSSES, *NO_PAIR} == set(losses.__all__)
    assert not LOSSES.keys() & NO_PAIR.keys()


@pytest.fixture
def bfloat16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("key", ["hinton_kd", "fitnet"])
def test_a_step_in_bfloat16_is_finite(key, bfloat16):
    keras.utils.set_random_seed(0)
    model = methods.get(key).build(
        teacher=cases.teacher(), student=cases.student()
    )
    # Eagerly: one step costs less than its compilation.
    model.compile(
        keras.optimizers.Adam(1e-3), cases.Case().loss, run_eagerly=True
    )
    x, y = cases.images(8)
    before = model.student.get_weights()
    logs = model.train_on_batch(x, y, return_dict=True)
    assert model.student.compute_dtype == "bfloat16"
    for name, value in logs.items():
        assert np.isfinite(value), name
    assert not all(map(np.array_equal, before, model.student.get_weights()))
    for weight in model.student.weights:
        assert weight.dtype == "float32"
        assert np.all(np.isfinite(weight))
