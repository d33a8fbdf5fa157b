"""Networks that know a video: its classes, its depth, and two of its flows."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.numerics import l2_normalize
from tfkd.numerics import safe_sqrt
from tfkd.teachers.base import Teacher
from tfkd.teachers.frozen import FrozenTeacher
from tfkd.transforms.warp import inside

_MEMBERS = ("semantics", "disparity", "flow", "rigid")
_TAPS = (*_MEMBERS, "free", "bound", "pair")
_EPSILON = 1e-7


def moving_probability(flow, rigid):
    """Returns how likely a pixel moves on its own, `(..., 1)` in [0, 1].

    Equation:  P = max((1 - cos(f, g)) / 2,
                       1 - min(|f|, |g|) / max(|f|, |g|))
    Paper:     Tosi et al., *Distilled Semantics for Comprehensive Scene
               Understanding from Videos*, CVPR 2020, arXiv:2003.14030.

    Args:
        flow: f `(..., 2)`, where a pixel goes.
        rigid: g, where it would go if the camera alone moved.
    """
    cosine = ops.sum(
        l2_normalize(flow) * l2_normalize(rigid), axis=-1, keepdims=True
    )
    lengths = [
        safe_sqrt(ops.sum(ops.square(x), axis=-1, keepdims=True))
        for x in (flow, rigid)
    ]
    ratio = (_EPSILON + ops.minimum(*lengths)) / (
        _EPSILON + ops.maximum(*lengths)
    )
    return ops.maximum((1.0 - cosine) / 2, 1.0 - ratio)


@keras.saving.register_keras_serializable("tfkd")
class MovingSceneTeacher(Teacher):
    """Tells where a flow is the scene's own, and where the camera's.

    It sees pairs `(batch, height, width, 2 channels)`, an image and the one a
    moment later, and provides

    | tap | what it is |
    |---|---|
    | `"semantics"` | logits of the classes of the first image |
    | `"disparity"` | of the first image, `(..., 1)` |
    | `"flow"` | f of the pair, `(..., 2)` |
    | `"rigid"` | g, the flow that the camera alone would cause |
    | `"free"` | M = min(max(M_d, M_c), M_b), 1 where f is to be believed |
    | `"bound"` | 1 - M, where g is |
    | `"pair"` | what it sees |

    M_d is 1 where the class is one that can move, M_c where the probability
    that f moves on its own is below `threshold`, M_b where g stays in the
    image.

    Args:
        semantics: A network of an image, to logits at every pixel.
        disparity: A network of an image.
        flow: A network of a pair.
        rigid: A network of a pair.
        moving_classes: Numbers of the classes that can move.
        threshold: In (0, 1].
        **kwargs: See `Teacher`.

    Raises:
        InputError: If a network is no such network, a class does not exist,
            or the threshold is out of range.
    """

    def __init__(
        self,
        semantics,
        disparity,
        flow,
        rigid,
        *,
        moving_classes,
        threshold=0.5,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.members = [
            model if isinstance(model, FrozenTeacher) else FrozenTeacher(model)
            for model in (semantics, disparity, flow, rigid)
        ]
        self._shapes = {}
        for name, member in zip(_MEMBERS, self.members):
            given, self._shapes[name] = _shapes(name, member.model)
            if name == "semantics":
                image = given[-1]
            expected = image * (2 if name in ("flow", "rigid") else 1)
            answers = {"disparity": 1, "flow": 2, "rigid": 2}
            found = self._shapes[name][-1]
            if given[-1] != expected or found != answers.get(name, found):
                raise InputError(
                    f"The network {name!r} of a moving scene must see "
                    f"{expected} channels, as semantics see {image}, and "
                    f"answer {answers.get(name, 'classes')}; it sees "
                    f"{given[-1]} and answers {found}."
                )
        classes = self._shapes["semantics"][-1]
        moving = tuple(int(number) for number in moving_classes)
        if not moving or not all(0 <= number < classes for number in moving):
            raise InputError(
                f"moving_classes must be some of the numbers 0 to "
                f"{classes - 1} of classes, received {moving_classes!r}."
            )
        if not 0 < threshold <= 1:
            raise InputError(
                f"threshold must be in (0, 1], received {threshold!r}: below "
                "this probability a pixel does not move on its own."
            )
        self.moving_classes = moving
        self.threshold = float(threshold)

    def connect(self, taps, student):
        for name in taps:
            if name not in _TAPS:
                raise unknown("tap of a moving scene", name, _TAPS)
        self.ask_for(taps)
        for member in self.members:
            member.connect(("outputs",), student)
        self.built = True
        place = self._shapes["flow"][:3]
        image = tuple(self.members[0].model.inputs[0].shape)
        shapes = {
            **self._shapes,
            "free": (*place, 1),
            "bound": (*place, 1),
            "pair": (*image[:3], 2 * image[-1]),
        }
        return {name: keras.KerasTensor(shapes[name]) for name in taps}

    def call(self, inputs, student=None, step=0):
        image = ops.split(inputs, 2, axis=-1)[0]
        found = {"pair": ops.cast(inputs, "float32")}
        for name, member in zip(_MEMBERS, self.members):
            seen = inputs if name in ("flow", "rigid") else image
            answer = keras.tree.flatten(member(seen)["outputs"])[0]
            found[name] = ops.cast(answer, "float32")
        found["free"] = self._free(**{name: found[name] for name in _MEMBERS})
        found["bound"] = 1.0 - found["free"]
        return {name: found[name] for name in self.asked}

    def _free(self, semantics, disparity, flow, rigid):
        """M of the class."""
        count = semantics.shape[-1]
        answer = ops.one_hot(ops.argmax(semantics, axis=-1), count)
        moves = [float(n in self.moving_classes) for n in range(count)]
        dynamic = ops.sum(answer * ops.array(moves), axis=-1, keepdims=True)
        alike = moving_probability(flow, rigid) < self.threshold
        believed = ops.maximum(dynamic, ops.cast(alike, "float32"))
        return ops.minimum(believed, inside(rigid))

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        members = {
            name: serialize(member)
            for name, member in zip(_MEMBERS, self.members)
        }
        return {
            **super().get_config(),
            **members,
            "moving_classes": self.moving_classes,
            "threshold": self.threshold,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for name in _MEMBERS:
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)


def _shapes(name, model):
    """Of what a network sees and answers, if both are one map."""
    given, found = (
        [tuple(t.shape) for t in keras.tree.flatten(tensors)]
        for tensors in (model.inputs, model.outputs)
    )
    if [len(shape) for shape in given + found] != [4, 4]:
        raise InputError(
            f"The network {name!r} of a moving scene must see and answer one "
            f"map (batch, height, width, channels), received shapes {given} "
            f"and {found}."
        )
    return given[0], found[0]
