"""A stereo network and a network of flow, that watch a stereo video."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.teachers.base import Teacher
from tfkd.teachers.pair_matching import PairMatchingTeacher
from tfkd.transforms.warp import warp

_MAPS = {"disparity": 1, "flow": 2, "next_disparity": 1}


@keras.saving.register_keras_serializable("tfkd")
class SceneFlowTeacher(Teacher):
    """Puts the scene flow together of what two networks say.

    It sees `(batch, height, width, 4 channels)`: the left and the right
    image, and those of a moment later. Its taps are maps of the first image,
    and where each can be trusted, `"disparity_trusted"` and so on:

    | tap | what it is |
    |---|---|
    | `"disparity"` | d of the first two images |
    | `"flow"` | f between the left images |
    | `"next_disparity"` | d'(p + f(p)), d' of the last two images |

    The last is trusted where f is, and d' there.

    Args:
        stereo: A network of stereo pairs, see `PairMatchingTeacher`.
        flow: A network of flow.
        relative: See `PairMatchingTeacher`.
        absolute: Likewise.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If the networks are no such networks.
    """

    def __init__(self, stereo, flow, *, relative=0.01, absolute=0.5, **kwargs):
        super().__init__(**kwargs)
        self.members = [
            model
            if isinstance(model, PairMatchingTeacher)
            else PairMatchingTeacher(
                model, relative=relative, absolute=absolute
            )
            for model in (stereo, flow)
        ]
        channels = [member.channels for member in self.members]
        if channels != [1, 2]:
            raise InputError(
                "A scene flow needs a stereo network of 1 channel and a "
                f"network of flow of 2, received {channels}. Give them in "
                "this order."
            )

    def connect(self, taps, student):
        known = [*_MAPS, *(f"{name}_trusted" for name in _MAPS)]
        for name in taps:
            if name not in known:
                raise unknown("tap of a scene flow", name, known)
        self.ask_for(taps)
        specs = [
            member.connect(("map", "trusted"), student)
            for member in self.members
        ]
        self.built = True
        shape = specs[0]["map"].shape[:3]
        return {
            name: keras.KerasTensor((*shape, _MAPS.get(name, 1)))
            for name in taps
        }

    def call(self, inputs, student=None, step=0):
        if len(inputs.shape) != 4 or inputs.shape[-1] % 4:
            raise InputError(
                "A scene flow is that of four images (batch, height, width, "
                f"4 channels), received shape {tuple(inputs.shape)}."
            )
        left, right, later, later_right = ops.split(inputs, 4, axis=-1)
        stereo, flow = self.members
        now = stereo(ops.concatenate([left, right], axis=-1))
        after = stereo(ops.concatenate([later, later_right], axis=-1))
        moved = flow(ops.concatenate([left, later], axis=-1))
        trusted = warp(after["trusted"], moved["map"])
        # Between pixels that are trusted and others nothing is.
        trusted = ops.cast(trusted > 0.999, "float32") * moved["trusted"]
        found = {
            "disparity": now["map"],
            "disparity_trusted": now["trusted"],
            "flow": moved["map"],
            "flow_trusted": moved["trusted"],
            "next_disparity": warp(after["map"], moved["map"]),
            "next_disparity_trusted": trusted,
        }
        return {name: found[name] for name in self.asked}

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        stereo, flow = (serialize(member) for member in self.members)
        return {**super().get_config(), "stereo": stereo, "flow": flow}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for name in ("stereo", "flow"):
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)
