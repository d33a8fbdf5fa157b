"""What a user is told when something is wrong, and how names are suggested."""

import difflib
import zipfile
import zlib

# What reading an array file raises that a machine which lost its power left.
UNREADABLE = (EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error)


class InputError(ValueError):
    """A user's mistake: what must hold, what was received, what to do.

    Runners print its message alone, without a traceback, and exit with 1.
    """


def closest(name, options, count=3):
    """Returns the `count` options that are spelled most like `name`."""
    options = [str(option) for option in options]
    found = difflib.get_close_matches(str(name), options, n=count, cutoff=0.4)
    return found or sorted(options)[:count]


def unknown(kind, name, options, hint=""):
    """Builds the `InputError` for a name that is not among `options`.

    Args:
        kind: What was looked up, such as `"method"`.
        name: The name that was given.
        options: All valid names.
        hint: A last sentence: how to see all of them.

    Returns:
        An `InputError` that lists the closest three.
    """
    near = ", ".join(repr(option) for option in closest(name, options))
    return InputError(
        f"There is no {kind} named {name!r}. Closest: {near}. {hint}".strip()
    )


def require_tensorflow(what):
    """Checks that Keras runs on TensorFlow, for what cannot run elsewhere.

    Args:
        what: What needs it, such as `"DataFreeDistiller"`.

    Raises:
        InputError: If Keras runs on another backend.
    """
    import keras  # Lazily: this module is imported where Keras is not.

    if keras.config.backend() != "tensorflow":
        raise InputError(
            f"{what} needs the TensorFlow backend of Keras, and the backend "
            f"is {keras.config.backend()!r}. Set KERAS_BACKEND=tensorflow "
            "before Keras is imported."
        )


def require_scikit_learn(what):
    """Raises where scikit-learn, of the extra `data`, is not installed.

    Args:
        what: For what it is needed, first in the message.

    Raises:
        InputError: If it cannot be imported.
    """
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"{what} comes with scikit-learn, which is not installed. "
            "Install it with: pip install 'tfkd[data]'"
        ) from error
