"""Checks of single values of `ExampleGen`'s `source`, all `InputError`s."""

import math

from tfkd import errors
from tfkd.errors import InputError


def texts(source):
    """Refuses paths, patterns and names that are no texts."""
    texts = {k: source.get(k) for k in ("name", "path", "data_dir", "pattern")}
    if isinstance(texts["pattern"], dict):
        patterns = texts.pop("pattern")
        texts |= {f"pattern[{k!r}]": text for k, text in patterns.items()}
    for key, text in texts.items():
        if text is not None and not isinstance(text, str):
            also = ", or a dict of split to one" * (key == "pattern")
            raise InputError(
                f"source.{key} must be a text{also}, received {text!r}. Write "
                "a path as str(path), and many files as a pattern with '*'."
            )


def fractions(source):
    """Refuses fractions that are not between 0 and 1."""
    for key in ("eval_fraction", "test_fraction"):
        value = source.get(key)
        if value is None:
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 < value < 1:
            raise InputError(
                f"source.{key} must be a number between 0 and 1, both "
                f"excluded, received {value!r}. Try 0.15."
            )


def class_names(names):
    """Refuses what is no list of different names."""
    if names is None:
        return
    good = isinstance(names, list | tuple) and all(
        isinstance(name, str) and name for name in names
    )
    if not good or len(set(names)) != len(names):
        raise InputError(
            "source.class_names must be a list of names, each once, received "
            f"{names!r}. Give every class a name of its own."
        )


def max_examples(maximum, splits):
    """Refuses what is no number of examples, nor one of each split."""
    if isinstance(maximum, dict):
        for split in maximum:
            if split not in splits:
                raise errors.unknown("split", split, splits)
        values = list(maximum.values())
    else:
        values = [maximum]
    for value in values:
        if value is not None and (type(value) is not int or value < 1):
            raise InputError(
                "source.max_examples must be a positive integer, or a dict "
                f"of split to one, received {maximum!r}."
            )


def numbers(source, key, length):
    """Refuses what is not `length` positive integers, if it is given."""
    value = source.get(key)
    if value is None:
        return
    good = isinstance(value, list | tuple) and len(value) == length
    if not good or any(type(v) is not int or v < 1 for v in value):
        raise InputError(
            f"source.{key} must be {length} positive integers, received "
            f"{value!r}."
        )


def value_range(value):
    """Refuses what is no range of pixels, if it is given."""
    if value is None:
        return
    good = isinstance(value, list | tuple) and len(value) == 2
    good = good and all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in value
    )
    if not good or not all(map(math.isfinite, value)) or value[0] >= value[1]:
        raise InputError(
            "source.value_range must be the lowest and the highest pixel "
            f"value, two numbers of which the first is less, received "
            f"{value!r}. For pixels from 0 to 1 give [0, 1]."
        )
