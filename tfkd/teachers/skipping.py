"""A teacher of which every batch sees another sub-network."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.taps import TapGraph
from tfkd.teachers.rewritten import RewrittenTeacher
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class SkippingTeacher(RewrittenTeacher):
    """A frozen model that leaves blocks out, drawn anew for every batch.

    Equation:  x_l = b_l B_l(x_{l-1}) + (1 - b_l) S_l(x_{l-1}),
               b_l ~ Bernoulli(1 - p)
    Symbols:   B_l a block of layers; S_l its shortcut (of a residual block),
               else the identity; p = `rate`; one b_l a block and batch.

    Args:
        model: See `RewrittenTeacher`.
        rate: p in [0, 1).
        blocks: `((first, last), ...)` names of layers: what `last` returns
            is replaced by what `first` returns where the block is skipped.
            All residual blocks if absent: sums of two tensors, of which the
            one behind fewer layers is the shortcut.
        **kwargs: See `RewrittenTeacher`.

    Raises:
        InputError: If there is no block, a name is unknown, or a block
            changes the shape.
    """

    def __init__(self, model, *, rate=0.2, blocks=None, **kwargs):
        super().__init__(model, **kwargs)
        if not 0 <= rate < 1:
            raise InputError(
                f"rate must be in [0, 1), received {rate!r}. It is the "
                "probability that a block is skipped."
            )
        self.rate = float(rate)
        self.blocks = None if blocks is None else list(_pairs(blocks))
        known = TapGraph(self.model).names()
        for first, last in self.blocks or ():
            for name in (first, last):
                if name not in known:
                    raise unknown(f"layer of {self.model.name!r}", name, known)

    def connect(self, taps, student):
        self._rewritten = Untracked(depths={}, results={}, skipped=[])
        specs = super().connect(taps, student)
        if not self._rewritten.skipped:
            raise InputError(
                "SkippingTeacher needs blocks to skip, and "
                f"{self.model.name!r} has no sum of two tensors, as residual "
                "networks have. Name them: blocks=((first, last), ...)."
            )
        return specs

    def rewrite(self, name, layer, args, outputs):
        tensors = keras.tree.flatten(args)
        depth = max(map(self._depth, tensors), default=0)
        if self.blocks is None:
            outputs = self._without_residual(name, layer, tensors, outputs)
        else:
            for first, last in self.blocks:
                if name == last:
                    outputs = self._skip(
                        name, outputs, self._result(first, last)
                    )
            self._rewritten.results[name] = outputs
        for tensor in keras.tree.flatten(outputs):
            # With the tensor, so that no other takes its id.
            self._rewritten.depths[id(tensor)] = (depth + 1, tensor)
        return outputs

    def _depth(self, tensor):
        """Behind how many layers a tensor is."""
        return self._rewritten.depths.get(id(tensor), (0, None))[0]

    def _without_residual(self, name, layer, tensors, outputs):
        shapes = {tuple(t.shape) for t in tensors}
        if (
            not isinstance(layer, keras.layers.Add)
            or len(tensors) != 2
            or len(shapes) > 1
        ):
            return outputs
        return self._skip(name, outputs, min(tensors, key=self._depth))

    def _result(self, first, last):
        if first not in self._rewritten.results:
            raise InputError(
                f"The first layer of a block must come before the last, "
                f"received ({first!r}, {last!r}). Swap them."
            )
        return self._rewritten.results[first]

    def _skip(self, name, block, shortcut):
        if tuple(block.shape) != tuple(shortcut.shape):
            raise InputError(
                f"A block that can be skipped keeps the shape; that which "
                f"ends in {name!r} makes {tuple(block.shape)} of "
                f"{tuple(shortcut.shape)}. Choose another one."
            )
        self._rewritten.skipped.append(name)
        return _Skip(self.rate, self.seed_generator, dtype=block.dtype)(
            [block, shortcut]
        )

    def get_config(self):
        blocks = None if self.blocks is None else list(self.blocks)
        return {**super().get_config(), "rate": self.rate, "blocks": blocks}


class _Skip(keras.layers.Layer):
    """The first of two tensors, or with probability `rate` the second."""

    def __init__(self, rate, generator, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed_generator = generator
        self.built = True

    def call(self, tensors):
        block, shortcut = tensors
        draw = keras.random.uniform((), seed=self.seed_generator)
        return ops.where(draw < self.rate, shortcut, block)

    def compute_output_spec(self, tensors):
        return keras.KerasTensor(tensors[0].shape, tensors[0].dtype)


def _pairs(blocks):
    for block in blocks:
        if isinstance(block, str) or len(block) != 2:
            raise InputError(
                "A block is a pair (first, last) of layer names, received "
                f"{block!r}."
            )
        yield tuple(block)
