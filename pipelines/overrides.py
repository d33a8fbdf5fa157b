"""Values on the command line, where their type says too little."""

import os

from absl import flags
from ml_collections import config_dict

from tfkd.errors import InputError


class PathParser(flags.ArgumentParser):
    """Reads `~` as the home directory: in a flagfile no shell has done so."""

    def parse(self, argument):
        return os.path.expanduser(argument)


def leave_open(config, argv):
    """Sets fields to None that `--config.FIELD=None` leaves open.

    absl would look for a number in it, or take it for a text. Only
    placeholders may be open.

    Args:
        config: The `ConfigDict`, changed in place.
        argv: The command line; the last value of a field counts.

    Returns:
        The fields that were set, and the rest of the command line.
    """
    fields = _open_fields(config)
    given = [_field_and_value(argument) for argument in argv]
    last = {field: value for field, value in given if field in fields}
    opened = [field for field, value in last.items() if value == "None"]
    config.update_from_flattened_dict(dict.fromkeys(opened))
    rest = [
        argument
        for argument, (field, value) in zip(argv, given)
        if not (field in opened or (field in fields and value == "None"))
    ]
    return opened, rest


def _open_fields(config, prefix=""):
    """Returns the fields that hold a value or None."""
    found = set()
    for key, value in config.items(preserve_field_references=True):
        if isinstance(value, config_dict.ConfigDict):
            found |= _open_fields(value, f"{prefix}{key}.")
        elif isinstance(value, config_dict.FieldReference):
            found.add(prefix + key)
    return found


def _field_and_value(argument):
    """Splits `--config.FIELD=VALUE`; the field of anything else is None."""
    name, equals, value = argument.partition("=")
    is_field = equals and name.lstrip("-").startswith("config.")
    if not is_field or not name.startswith("-"):
        return None, None
    return name.lstrip("-").removeprefix("config."), value


def check_tuples(old, given):
    """Holds the elements of overridden tuples to the types they had.

    Args:
        old: Field to its value before.
        given: Field to the value that it was given.

    Raises:
        InputError: If an element has another type, or is a tuple in quotes.
    """
    for field, value in given.items():
        had = old.get(field)
        if isinstance(value, tuple):
            _refuse_quoted(field, value)
        if not isinstance(had, tuple) or not had:
            continue
        kinds = {type(element) for element in had}
        kinds |= {int} if float in kinds else set()
        if any(type(element) not in kinds for element in value):
            raise InputError(
                f"--config.{field} must hold values like those of {had!r}, "
                f"received {value!r}."
            )


def _refuse_quoted(field, value):
    for element in value:
        if isinstance(element, str) and element[:1] in ("(", "["):
            raise InputError(
                f"--config.{field} must be a tuple, received the text "
                f"{element!r}. Quotes around a tuple are for a shell; leave "
                "them out in a flagfile."
            )
