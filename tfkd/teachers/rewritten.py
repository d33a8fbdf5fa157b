"""A frozen network in which some layers draw random numbers."""

from tfkd.errors import InputError
from tfkd.teachers.frozen import FrozenTeacher
from tfkd.teachers.stochastic import StochasticTeacher


class RewrittenTeacher(FrozenTeacher, StochasticTeacher):
    """A pre-trained model whose graph is rewritten, and whose weights stay.

    Subclasses implement `rewrite`. Everything else is in inference mode.

    Args:
        model: A functional or built Sequential model, or a `FrozenTeacher`.
        **kwargs: See `FrozenTeacher` and `StochasticTeacher`.

    Raises:
        InputError: If the model's graph is not known.
    """

    def __init__(self, model, **kwargs):
        if isinstance(model, FrozenTeacher):
            if model.stochastic:
                raise InputError(
                    f"{type(self).__name__} rewrites a network that answers "
                    f"always alike, received a {type(model).__name__}. Pass "
                    "its model."
                )
            kwargs.setdefault("preprocessing", model.preprocessing)
            model = model.model
        super().__init__(model, **kwargs)

    def rewrite(self, name, layer, args, outputs):
        """Returns what stands for a layer's outputs, see `TapGraph`."""
        raise NotImplementedError(f"{type(self).__name__} must implement it.")
