"""A network that relates two images, and where its answer can be trusted."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.taps import Extractor
from tfkd.teachers import reference
from tfkd.teachers.frozen import FrozenTeacher
from tfkd.transforms.reversed_pair import ReversedPair
from tfkd.transforms.warp import as_flow
from tfkd.transforms.warp import visible

_TAPS = ("map", "trusted", "map_back", "trusted_back", "pair")


@keras.saving.register_keras_serializable("tfkd")
class PairMatchingTeacher(FrozenTeacher):
    """A frozen network of flow or disparity that checks itself.

    It sees pairs `(batch, height, width, 2 channels)` and provides

    | tap | what it is |
    |---|---|
    | `"map"` | its flow `(..., 2)` or disparity `(..., 1)`, the mean of views |
    | `"trusted"` | 1 where the reversed pair's answer leads back, else 0 |
    | `"map_back"` | its answer to the reversed pair, for disparities mirrored |
    | `"trusted_back"` | 1 where `"map"` leads back from there, else 0 |
    | `"pair"` | what it sees |

    A view is the pair upside down, or at another scale; its answer is turned
    and scaled back.

    Args:
        model: A network of pairs; see `tfkd.tasks.displacement`.
        scales: Factors of the size of views; other than 1 for a network that
            takes any size.
        flip: Whether each is shown upside down, too.
        relative: See `tfkd.transforms.warp.visible`.
        absolute: Likewise.
        **kwargs: See `FrozenTeacher`.

    Attributes:
        channels: 1 of disparities, 2 of flows.

    Raises:
        InputError: If the network relates no pairs, or there is no scale.
    """

    def __init__(
        self,
        model,
        *,
        scales=(1.0,),
        flip=False,
        relative=0.01,
        absolute=0.5,
        **kwargs,
    ):
        super().__init__(model, **kwargs)
        given, found = (
            [tuple(t.shape) for t in keras.tree.flatten(tensors)]
            for tensors in (model.inputs, model.outputs)
        )
        if (
            len(given) != 1
            or len(found) != 1
            or len(given[0]) != 4
            or len(found[0]) != 4
            or given[0][-1] % 2
            or found[0][-1] not in (1, 2)
        ):
            raise InputError(
                "A network that relates images sees pairs (batch, height, "
                "width, 2 channels) and answers (batch, height, width, 1 or "
                f"2), received shapes {given} and {found}. Build it with "
                "tfkd.tasks.displacement.model()."
            )
        self.scales = tuple(float(scale) for scale in scales)
        known = None not in given[0][1:3]
        if (
            not self.scales
            or not all(0 < scale < float("inf") for scale in self.scales)
            or not all(0 <= n < float("inf") for n in (relative, absolute))
            or (known and set(self.scales) != {1.0})
        ):
            raise InputError(
                "Views need at least one scale > 0, 1 alone for a network of "
                "one size, and the check needs numbers >= 0; received "
                f"scales={tuple(scales)!r} for inputs {given[0]}, "
                f"relative={relative!r}, absolute={absolute!r}."
            )
        self.flip = bool(flip)
        self.relative, self.absolute = float(relative), float(absolute)
        self.channels = found[0][-1]
        self._stereo = self.channels == 1
        self._reversed = ReversedPair(mirror=self._stereo)
        self._shapes = given[0], found[0]

    def connect(self, taps, student):
        for name in taps:
            if name not in _TAPS:
                raise unknown("tap of a network of pairs", name, _TAPS)
        self.ask_for(taps)
        self._frozen.extractor = Extractor(self.model, ("outputs",))
        self.built = True
        pair, found = self._shapes
        shapes = {"map": found, "map_back": found, "pair": pair}
        shapes["trusted"] = shapes["trusted_back"] = (*found[:3], 1)
        return {name: keras.KerasTensor(shapes[name]) for name in taps}

    def call(self, inputs, student=None, step=0):
        reference.check_present(self.model)
        if self.preprocessing is not None:
            inputs = self.preprocessing(inputs)
        pair = ops.cast(inputs, "float32")
        found = {"pair": pair}
        needed = set(self.asked) - {"pair"}
        if needed - {"map_back"}:
            found["map"] = self.answer(pair)
        if needed - {"map"}:
            found["map_back"] = self.answer(self._reversed(pair))
        if "trusted" in needed:
            found["trusted"] = self._trusted(found["map"], found["map_back"])
        if "trusted_back" in needed:
            found["trusted_back"] = self._trusted(
                found["map_back"], found["map"]
            )
        return {name: found[name] for name in self.asked}

    def _trusted(self, there, back):
        if self._stereo:
            # In the other eye's mirror a disparity d is the flow (d, 0).
            back = -ops.flip(back, axis=2)
        return visible(
            as_flow(there),
            as_flow(back),
            relative=self.relative,
            absolute=self.absolute,
        )

    def answer(self, pair):
        """Returns the mean of the answers to every view of a pair."""
        views = [
            self._view(pair, scale, flip)
            for scale in self.scales
            for flip in ((False, True) if self.flip else (False,))
        ]
        return sum(views) / len(views)

    def _view(self, pair, scale, flip):
        height, width = pair.shape[1:3]
        if scale != 1.0 and None in (height, width):
            raise InputError(
                f"Views at the scale {scale} need pairs of known height and "
                f"width, received shape {tuple(pair.shape)}. Batch pairs of "
                "one size, or pass scales=(1.0,)."
            )
        if flip:
            pair = ops.flip(pair, axis=1)
        if scale != 1.0:
            size = int(height * scale), int(width * scale)
            pair = ops.image.resize(pair, size)
        found = self._frozen.extractor(pair, training=False)["outputs"]
        found = ops.cast(keras.tree.flatten(found)[0], "float32")
        if scale != 1.0:
            # Sizes are whole, so that these are not quite the scale.
            rates = [size[1] / width, size[0] / height][: self.channels]
            found = ops.image.resize(found, (height, width))
            found = found / ops.array(rates, "float32")
        if not flip:
            return found
        found = ops.flip(found, axis=1)
        return found if self._stereo else found * ops.array([1.0, -1.0])

    def get_config(self):
        return {
            **super().get_config(),
            "scales": self.scales,
            "flip": self.flip,
            "relative": self.relative,
            "absolute": self.absolute,
        }
