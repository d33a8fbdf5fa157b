"""Hyperparameters that the entries of the leaderboard may try.

Each entry tries all combinations of a few values on the eval split and keeps
the best. What is not in a table is the method's default, which is its
paper's. `Share` is a share of the budget's steps, `Examples` the number of
training images.
"""

import ast
import dataclasses
import itertools


@dataclasses.dataclass(frozen=True)
class Share:
    """A number of steps, as a share of all."""

    of_steps: float

    def __str__(self):
        return f"{self.of_steps:.0%} of the steps"


@dataclasses.dataclass(frozen=True)
class Examples:
    """The number of training images."""

    def __str__(self):
        return "all images"


CONTROLS = {
    "alone": {},
    "smoothing": {"smoothing": (0.05, 0.1, 0.2)},
    "svm": {"C": (1.0, 10.0, 100.0)},
    "teacher": {},
}
# Without a row below, a method with `temperature` and `weight` that compares
# class scores tries three temperatures around its own (1 only upwards) and
# its weight once and four times.
TEMPERATURES = (0.5, 1.0, 2.0)
TEMPERATURES_FROM_ONE = (1.0, 2.0, 4.0)
SOFT_WEIGHTS = (1.0, 4.0)
# Any other method multiplies its weight by these; a method without `weight`
# multiplies all of its weights but the task's.
WEIGHTS = (0.01, 0.1, 1.0, 10.0)
# Sections whose methods compare maps, embeddings or relations first.
FEATURES = ("features", "graph", "outlook", "face", "cross_modal")

# Pixels go to 255 here. Where a paper means a standard deviation of 1, or
# pixels up to 1:
UNIT, WHITE = 90.0, 255.0
# Methods that train no classifier unless they are told to.
LABELS = {"task_weight": 1.0}

# A generator for 32x32 images in colour takes minutes a run.
SMALL_GENERATOR = {"noise_size": 32, "filters": (32, 16)}
RAMP = {"ramp_steps": Share(0.25)}
# Features of unknown size are compared, and a game is played for them.
FEATURES_AND_GAME = {
    "weight": (0.01, 0.1, 1.0),
    "adversarial_weight": (0.01, 0.1),
}
NOISY_VIEWS = {"stddev": 0.15 * UNIT}

# What is set and not tried: numbers of steps, and what the data decide.
FIXED = {
    "ab": {"boundary_steps": Share(0.2)},
    "abs_teacher": LABELS,
    "anc": LABELS,
    "asl": {"selection_steps": Share(0.1)},
    "ban": {"generations": 2},
    "bss": {"total_steps": Share(1.0)},
    "cat_da": {"start_steps": Share(0.25), "ramp_steps": Share(0.5)},
    "cluster_pseudo": {**LABELS, "clusters": 50},
    "codistillation": {
        "burn_in_steps": Share(0.2),
        "exchange_steps": Share(0.02),
    },
    "crd": {"size": Examples(), "negatives": 1024},
    "dafl": SMALL_GENERATOR,
    "deepinversion": {"examples": 512, "steps": 500},
    "dfad": SMALL_GENERATOR,
    "dual_gan_ka": SMALL_GENERATOR,
    "dual_student": {**RAMP, **NOISY_VIEWS},
    "end2": {"hold_steps": Share(0.3), "anneal_steps": Share(0.3)},
    "ffl": RAMP,
    "fickle_teacher": {"rate": 0.4, "dropped_layers": ("embedding",)},
    "fitnet": {"hint_steps": Share(0.2)},
    "fsp": {"flow_steps": Share(0.2)},
    "ft": {"paraphraser_steps": Share(0.2)},
    "hafner_reid": LABELS,
    "kegnet": {
        **SMALL_GENERATOR,
        "generators": 2,
        "steps": 500,
        "examples": 8000,
        "image_batch_size": 64,
    },
    "knowledge_flow": {"flow_steps": Share(0.8)},
    "knowledge_within": {"examples": 512, "steps": 500},
    "kp": {"interval_steps": Share(0.04)},
    "ktg": {"steps": Share(1.0)},
    "logit_regression": LABELS,
    "mcod": {
        "period_steps": Share(0.1),
        "on_steps": Share(0.05),
        **RAMP,
    },
    "mean_teacher": {**RAMP, **NOISY_VIEWS},
    "mhgd": {"estimator_steps": Share(0.2)},
    "mismatched_kd": LABELS,
    "mobileid": LABELS,
    "mod_video": {"groups": 2, "members": 2},
    "noisy_student": {"generations": 2, "stddev": 0.05 * WHITE},
    "noisy_teacher": LABELS,
    "okddip": RAMP,
    "pi_model": {**RAMP, **NOISY_VIEWS},
    "rco": {"interval_steps": Share(1 / 3)},
    "rel_teacher": LABELS,
    "rkd": {"anchors": 32},
    "ruder_ka": {"task_weight": 0.1, "temperature": 1.0},
    "sad": {"start_step": Share(0.25)},
    "self_ensembling_da": NOISY_VIEWS,
    "snapshot_distillation": {"cycle_steps": Share(0.25)},
    "sntg": {**RAMP, **NOISY_VIEWS},
    "supervision_transfer": {**LABELS, "reduce": "mean"},
    "takd": {
        "assistants": (
            {
                "name": "cnn",
                "filters": (16, 32, 64),
                "strides": (2, 2, 2),
                "scale": 1 / 255,
            },
        )
    },
    "temporal_ensembling": {
        "size": Examples(),
        **RAMP,
        **NOISY_VIEWS,
    },
    "tolerant_teacher": {"generations": 2},
    "triplet_distillation": LABELS,
    "tsc_gan": {**SMALL_GENERATOR, "gan_epochs": 10},
    "zskd": {"examples": 640, "steps": 500},
    "zskt": SMALL_GENERATOR,
}
# What is tried, where the rules above do not fit.
TRIES = {
    "ab": {"weight": (0.0003, 0.003, 0.03), "soft_weight": (0.0, 1.0)},
    "afd_audio": FEATURES_AND_GAME,
    # The paper's 1000 is for 32x32 images in colour.
    "at": {"weight": (5.0, 50.0, 500.0)},
    "bic": {"temperature": (1.0, 2.0, 4.0)},
    "cckd": {"weight": (1.0, 10.0, 100.0), "temperature": (4.0, 8.0)},
    "crd": {"weight": (0.08, 0.8, 8.0), "soft_weight": (0.0, 1.0)},
    "dafl": {"temperature": (1.0, 4.0), "entropy": (5.0, 20.0)},
    "deepinversion": {"temperature": (3.0,), "statistics": (1.0, 10.0)},
    "eskd": {
        "stop_step": (Share(0.5), Share(0.8)),
        "temperature": (2.0, 4.0, 8.0),
    },
    "fitnet": {"temperature": (3.0, 6.0), "soft_weight": (1.0, 4.0)},
    "gdsda": {"temperature": (1.0, 2.0, 4.0)},
    "generalized_distillation": {
        "imitation": (0.5, 0.9),
        "temperature": (1.0, 2.0, 4.0),
    },
    "ktan": FEATURES_AND_GAME,
    "mean_teacher": {"weight": (1.0, 10.0, 100.0), "decay": (0.99, 0.999)},
    "moonshine": {"weight": (5.0, 50.0, 500.0)},
    "pi_model": {"weight": (1.0, 10.0, 100.0)},
    "residual_label": {"weight": (0.1, 1.0)},
    "soft_randomization": {
        "stddev": (0.05, 0.3),
        "temperature": (2.0, 4.0, 8.0),
    },
    "zskd": {"temperature": (10.0, 20.0), "scales": ((1.0, 0.1), (1.0,))},
}
# Another kind of teacher than the card names: checkpoints along a training.
KINDS = {"rco": "route"}


def points(entry, method=None):
    """Returns the settings that an entry tries, as dicts of arguments.

    Args:
        entry: Key of a method, or a control.
        method: The `tfkd.methods` method, where it is one.
    """
    if method is None:
        found = _combinations(CONTROLS[entry])
    elif entry in TRIES:
        found = _combinations(TRIES[entry])
    else:
        found = _by_rule(method)
    return [{**FIXED.get(entry, {}), **point} for point in found]


def resolved(arguments, *, steps, examples):
    """Returns arguments with numbers in place of `Share` and `Examples`.

    Args:
        arguments: A point of a grid.
        steps: Of the whole training.
        examples: Different training images.
    """

    def number(value):
        if isinstance(value, Share):
            return max(1, round(value.of_steps * steps))
        return examples if isinstance(value, Examples) else value

    return {name: number(value) for name, value in arguments.items()}


def numbers(method):
    """Returns argument to default, of those whose default is a number."""
    found = {}
    for name, (_, default) in method.arguments.items():
        value = _literal(default)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found[name] = value
    return found


def _by_rule(method):
    default = numbers(method)
    soft = {"temperature", "weight"} <= set(default)
    if soft and method.section not in FEATURES:
        temperature = default["temperature"]
        factors = TEMPERATURES_FROM_ONE if temperature == 1 else TEMPERATURES
        tries = {"temperature": [factor * temperature for factor in factors]}
        # With nothing beside it, a loss's weight is a learning rate.
        fixed = FIXED.get(method.key, {})
        if fixed.get("task_weight", default.get("task_weight")):
            tries["weight"] = [f * default["weight"] for f in SOFT_WEIGHTS]
        return _combinations(tries)
    names = [n for n in default if n.endswith("_weight") and n != "task_weight"]
    names = ["weight"] if "weight" in default else names
    if not names:
        return [{}]
    return [{n: default[n] * factor for n in names} for factor in WEIGHTS]


def _combinations(tries):
    return [
        dict(zip(tries, values))
        for values in itertools.product(*tries.values())
    ]


def _literal(text):
    """Returns the value of source text, `None` if it is no literal."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return None
