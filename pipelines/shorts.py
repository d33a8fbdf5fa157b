"""Flags that are short for fields of the config."""

from absl import flags

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


def apply(values, config):
    """Sets the fields of the flags that were given.

    Args:
        values: Parsed `FlagValues`.
        config: The `ConfigDict`, changed in place.

    Returns:
        Field to value, of those that were set.
    """
    given = {
        field: values[flag].value
        for flag, fields in FIELDS.items()
        for field in fields
        if values[flag].value is not None
    }
    with config.unlocked():
        config.update_from_flattened_dict(given)
    return given
