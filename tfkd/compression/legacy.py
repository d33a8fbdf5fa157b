"""The one door to tfmot, which needs legacy Keras and says so to everyone.

Importing tfmot sets `TF_USE_LEGACY_KERAS` for the process and its children
and turns `tf.keras` into Keras 2. So only the child process of `child.run`
goes through here.
"""

import os
import warnings

from tfkd.errors import InputError

PACKAGES = ("tensorflow-model-optimization", "tf-keras")


def tfmot():
    """Imports and returns tensorflow-model-optimization.

    Raises:
        InputError: If it is not installed.
    """
    kept = os.environ.get("TF_USE_LEGACY_KERAS")
    try:
        with warnings.catch_warnings():
            # It imports distutils, which is deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            import tensorflow_model_optimization as module
    except ImportError as error:
        raise InputError(
            "Recipes that train need tensorflow-model-optimization and "
            f"tf-keras; importing them gave: {error}. Install them "
            f"(pip install {' '.join(PACKAGES)}), or use a recipe without "
            "training ('int8_ptq', 'float16')."
        ) from error
    finally:
        if kept is None:
            os.environ.pop("TF_USE_LEGACY_KERAS", None)
        else:
            os.environ["TF_USE_LEGACY_KERAS"] = kept
    return module
