"""Reads several taps of a model in one forward pass."""

import keras

from tfkd.errors import unknown
from tfkd.taps import derivatives
from tfkd.taps import graph as graph_lib
from tfkd.taps.order import check_order


class Extractor:
    """Callable that returns a dict of taps from one forward pass.

    Layers after the last tap that is asked for are not run. The model's
    layers and weights are shared, not copied.

    Args:
        model: A functional or built Sequential model, or any model with
            `tap_shapes` (tap name to shape with batch) and
            `call_with_taps(inputs, training)` (to a dict of these taps and
            `"outputs"`).
        taps: Names, see `tfkd.taps`.
        rewrite: See `tfkd.taps.TapGraph`; for models with a known graph.

    Attributes:
        model: The model.
        specs: Tap name to `keras.KerasTensor`, or to the structure of them
            where a tap has several tensors.

    Raises:
        InputError: If a tap does not exist, the graph is not known, or a tap
            is a map whose channels come first.
    """

    def __init__(self, model, taps, rewrite=None):
        self.model = model
        self.taps = tuple(dict.fromkeys(taps))
        # What is read, and what is differentiated to get a tap.
        self._plain = tuple(
            dict.fromkeys(
                source
                for name in self.taps
                for source in derivatives.sources(name)
            )
        )
        if hasattr(model, "call_with_taps") and rewrite is None:
            specs = self._declared(model)
            self._function = self._call_declared
        else:
            graph = graph_lib.TapGraph(model, rewrite=rewrite)
            specs = {name: graph.tensor(name) for name in self._plain}
            check_order(model, specs)
            self._function = keras.Model(
                graph.inputs, dict(specs), name=f"{model.name}_taps"
            )
        self.specs = {name: self._spec(name, specs) for name in self.taps}

    def _declared(self, model):
        shapes = dict(model.tap_shapes)
        for name in self._plain:
            if name not in shapes:
                raise unknown(f"tap of model {model.name!r}", name, shapes)
        return {n: keras.KerasTensor(shapes[n]) for n in self._plain}

    def _call_declared(self, inputs, training=False):
        found = self.model.call_with_taps(inputs, training=training)
        return {name: found[name] for name in self._plain}

    def _spec(self, name, specs):
        if derivatives.split(name)[1] is None:
            return specs[name]
        return derivatives.spec(name, specs, self.model)

    def __call__(self, inputs, training=False):
        """Returns tap name to tensor."""
        if self.taps == self._plain:
            return self._function(inputs, training=training)
        return derivatives.read(self._function, self.taps, inputs, training)
