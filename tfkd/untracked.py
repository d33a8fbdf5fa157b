"""What Keras must not see: it would track, count and save it."""

import types


class Untracked(types.SimpleNamespace):
    """Holds models, extractors and the like without Keras tracking them.

    Keras saves every layer and variable that it finds among an object's
    attributes; it does not look inside this.
    """
