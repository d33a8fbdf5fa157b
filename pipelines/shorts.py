"""Flags that are short for fields of the config."""

from absl import flags

from tfkd.errors import InputError
from tfkd.training.settings import PRECISIONS

FIELDS = {
    "seed": ("seed",),
    "span": ("data.span",),
    "precision": ("teacher.train.precision", "distillation.train.precision"),
}


def define(values):
    """Defines the flags.

    Args:
        values: absl's `FlagValues` to define them in.
    """
    flags.DEFINE_integer(
        "seed",
        None,
        "Short for --config.seed.",
        lower_bound=0,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "span",
        None,
        "Short for --config.data.span: the last span to read, instead of the "
        "newest.",
        lower_bound=0,
        flag_values=values,
    )
    flags.DEFINE_enum(
        "precision",
        None,
        PRECISIONS,
        "Short for --config.teacher.train.precision and "
        "--config.distillation.train.precision: what training computes in.",
        flag_values=values,
    )


def apply(values, config, overrides):
    """Sets the fields of the flags that were given.

    Args:
        values: Parsed `FlagValues`.
        config: The `ConfigDict`, changed in place.
        overrides: Field to value, of those that have flags of their own.

    Returns:
        Field to value, of those that were set.

    Raises:
        InputError: If a field has two values.
    """
    given = {}
    for flag, fields in FIELDS.items():
        value = values[flag].value
        for field in fields if value is not None else ():
            if overrides.get(field, value) != value:
                raise InputError(
                    f"--{flag} is short for --config.{field}, and both were "
                    f"given: {value!r} and {overrides[field]!r}. Leave out "
                    "one of them."
                )
            given[field] = value
    with config.unlocked():
        config.update_from_flattened_dict(given)
    return given
