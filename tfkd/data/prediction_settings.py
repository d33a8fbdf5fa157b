"""How predictions are stored, and of which views: checked without TensorFlow.

A format is `{"format", "dtype", "taps"}`, with `k` and `temperature` where it
is `"top_k"`. A policy of augmentation is `{"views", "shift",
"horizontal_flip", "seed"}`.
"""

from tfkd.errors import InputError
from tfkd.errors import unknown

FORMATS = ("dense", "top_k")
DTYPES = ("float32", "float16")
TEMPERATURE = 4.0
_POLICY = {"views": 1, "shift": 0, "horizontal_flip": False, "seed": 0}


def complete_format(
    *,
    format="dense",
    k=None,
    dtype="float32",
    temperature=None,
    taps=("logits",),
):
    """Checks how predictions are to be stored and fills in what is open.

    Args:
        format: `"dense"`, or `"top_k"` for the `k` largest logits of each
            example and one number for all others. Further taps are dense.
        k: How many, for `"top_k"`.
        dtype: Of stored values.
        temperature: At which `"top_k"` keeps the others' mass; 4 if absent.
        taps: Names of the teacher's tensors.

    Returns:
        A dict with only the keys that count.

    Raises:
        InputError: If a value is wrong, or would be ignored.
    """
    if format not in FORMATS:
        raise unknown("format of predictions", format, FORMATS)
    if dtype not in DTYPES:
        raise unknown("dtype of predictions", dtype, DTYPES)
    taps = list(taps)
    good = all(isinstance(name, str) and name for name in taps)
    if not taps or not good or len(set(taps)) != len(taps):
        raise InputError(
            "predictions.taps must be different names of the teacher's "
            f"tensors, at least one, received {tuple(taps)!r}. For example "
            "('logits', 'embedding')."
        )
    stored = {"format": format, "dtype": dtype, "taps": taps}
    if format == "dense":
        _refuse_ignored(k=k, temperature=temperature)
        return stored
    return stored | _top_k(k, temperature, taps)


def _refuse_ignored(**values):
    for name, value in values.items():
        if value is not None:
            raise InputError(
                f"predictions.{name} is for format='top_k', received {value!r} "
                "with format='dense'. Leave it out, or set "
                "predictions.format='top_k'."
            )


def _top_k(k, temperature, taps):
    if type(k) is not int or k < 1:
        raise InputError(
            "predictions.k must be how many logits of each example are kept, "
            f"at least 1, received {k!r}. For example 10."
        )
    if "logits" not in taps:
        raise InputError(
            "predictions.taps must name 'logits' where format='top_k', "
            f"received {tuple(taps)!r}. Use format='dense' for embeddings."
        )
    temperature = TEMPERATURE if temperature is None else temperature
    if isinstance(temperature, bool) or not 0 < temperature < float("inf"):
        raise InputError(
            "predictions.temperature must be a positive number, received "
            f"{temperature!r}. Use that of the distillation."
        )
    return {"k": k, "temperature": float(temperature)}


def complete_policy(policy):
    """Checks a policy of augmentation and fills in what is open.

    Args:
        policy: Dict with any of `views` (how many an example), `shift`
            (pixels to pad and crop by), `horizontal_flip` and `seed`.

    Returns:
        A complete dict, or `None` where images stay as they are.

    Raises:
        InputError: If a key is unknown or a value is wrong.
    """
    policy = dict(policy or {})
    for key in policy:
        if key not in _POLICY:
            raise unknown("setting of augmentation", key, _POLICY)
    policy = {**_POLICY, **policy}
    for key, least in (("views", 1), ("shift", 0), ("seed", 0)):
        if type(policy[key]) is not int or policy[key] < least:
            raise InputError(
                f"{key} of an augmentation must be a whole number of at "
                f"least {least}, received {policy[key]!r}."
            )
    if type(policy["horizontal_flip"]) is not bool:
        raise InputError(
            "horizontal_flip of an augmentation must be True or False, "
            f"received {policy['horizontal_flip']!r}."
        )
    if policy["shift"] or policy["horizontal_flip"]:
        return policy
    if policy["views"] > 1:
        raise InputError(
            f"{policy['views']} views of an example must differ, and nothing "
            "changes them. Set predictions.augmentation.shift or "
            "horizontal_flip, or predictions.views=1."
        )
    return None
