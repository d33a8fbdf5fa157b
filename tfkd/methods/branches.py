"""Networks that are trained beside a student, whole or from a stage on."""

import dataclasses

import keras

from tfkd import taps
from tfkd.errors import InputError
from tfkd.methods.checks import at_least
from tfkd.methods.peers import peer_models
from tfkd.models.fresh import fresh_copy


@dataclasses.dataclass(frozen=True)
class Group:
    """Networks that learn beside a student.

    Attributes:
        start: Tap of the student where they begin; `None` for its inputs.
        members: Models from there to a dict of taps.
    """

    start: str | None
    members: tuple

    def ends(self, inputs, tensors):
        """Returns a dict of tap to symbolic tensor for each member.

        Args:
            inputs: Symbolic inputs of the student.
            tensors: Name to symbolic tensor of the student's taps.
        """
        x = inputs if self.start is None else tensors[self.start]
        return [
            taps.Peer(member, tap="outputs", name=f"peer{number}")(x)
            for number, member in enumerate(self.members, start=1)
        ]

    def network(self, student, names, extra, rewrite=None):
        """Returns a student with these networks around it.

        Args:
            student: The student.
            names: Its taps that are needed.
            extra: Called with the student's symbolic tensors by name and the
                members' ends; returns a dict of further outputs.
            rewrite: See `tfkd.taps.extend`.
        """
        read = dict.fromkeys(names)
        if self.start is not None:
            read[self.start] = None
        return taps.extend(
            student,
            tuple(read),
            lambda inputs, tensors: extra(tensors, self.ends(inputs, tensors)),
            rewrite,
        )


def parts_at(method, student, trunk_tap=None):
    """Returns the tap at which branches part: the last stage but one.

    Args:
        method: Key of the method.
        student: The student.
        trunk_tap: The tap, where the caller names it.

    Raises:
        InputError: If there is no such stage and no tap is named.
    """
    if trunk_tap is not None:
        return trunk_tap
    found = taps.stages(student)
    if len(found) > 1:
        return found[-2]
    raise InputError(
        f"The branches of {method} part at the last stage but one, and the "
        f"student has the stages {found} alone. Name the tap: trunk_tap=..."
    )


def logits_and_features(student, feature_tap=None):
    """Returns the taps of the ends `"logits"` and `"features"` of a model.

    Args:
        student: The model.
        feature_tap: Tap of the features; the last stage if absent.
    """
    tap = feature_tap or taps.stages(student)[-1]
    return {"logits": "logits", "features": tap}


def branches(method, student, names, *, count, trunk_tap=None, seed=0):
    """Returns copies, with new weights, of a student's last layers.

    Args:
        method: Key of the method.
        student: Model with a known graph.
        names: Key of an end to the student's tap.
        count: How many.
        trunk_tap: Where they part; the last stage but one if absent.
        seed: Whole number behind their weights.

    Returns:
        A `Group`.

    Raises:
        InputError: If a tap is unknown, or not all paths to an end lead
            through the trunk.
    """
    trunk = parts_at(method, student, trunk_tap)
    graph = taps.TapGraph(student)
    start = graph.tensor(trunk)
    ends = {key: graph.tensor(tap) for key, tap in names.items()}
    try:
        model = keras.Model(start, ends, name="branch")
    except ValueError as error:
        raise InputError(
            f"In {method}, all paths to {list(names.values())} must lead "
            f"through the tap {trunk!r}. Choose the end of a stage as "
            "trunk_tap: see tfkd.taps.summary(model)."
        ) from error
    copies = (fresh_copy(model, seed + number) for number in range(count))
    return Group(trunk, tuple(copies))


def networks(method, teacher, student, *, count=None, feature_tap=None, seed=0):
    """Returns whole networks that learn beside a student.

    Args:
        method: Key of the method.
        teacher: A network or a list of them, or `None` for copies of the
            student with new weights.
        student: The student.
        count: How many, `None` for 1, or for as many as are given.
        feature_tap: Tap of the end `"features"`; the last stage of each if
            absent.
        seed: Whole number behind the weights of copies.

    Returns:
        A `Group` with the ends `"logits"` and `"features"`.

    Raises:
        InputError: If a network is none, or a tap is unknown.
    """
    peers = None if count is None else count + 1
    members = []
    for model in peer_models(method, teacher, student, peers, seed):
        graph = taps.TapGraph(model)
        names = logits_and_features(model, feature_tap)
        ends = {key: graph.tensor(tap) for key, tap in names.items()}
        members.append(keras.Model(graph.inputs, ends, name=model.name))
    return Group(None, tuple(members))


def group(
    method,
    teacher,
    student,
    *,
    count=None,
    usual,
    smallest=1,
    trunk_tap=None,
    feature_tap=None,
    seed=0,
):
    """Returns branches of a student, or the networks that were given.

    Args:
        method: Key of the method.
        teacher: `None` for branches, or a network or a list of networks.
        student: The student.
        count: How many beside the student; `None` for `usual`, or for as
            many as are given.
        usual: See `count`.
        smallest: How many there must be.
        trunk_tap: Where branches part; the last stage but one if absent.
        feature_tap: Tap of the end `"features"`; the last stage if absent.
        seed: Whole number behind the weights of branches.

    Returns:
        A `Group` with the ends `"logits"` and `"features"`.

    Raises:
        InputError: If networks do not fit, there are too few, a tap is
            unknown, or a trunk is named for networks.
    """
    if teacher is not None and trunk_tap is not None:
        raise InputError(
            f"trunk_tap of {method} says where branches part, and networks "
            f"were given; received trunk_tap={trunk_tap!r}. Leave one out."
        )
    if teacher is None:
        names = logits_and_features(student, feature_tap)
        number = usual if count is None else count
        at_least(method, "the number of branches", number, smallest)
        return branches(
            method,
            student,
            names,
            count=number,
            trunk_tap=trunk_tap,
            seed=seed,
        )
    found = networks(
        method, teacher, student, count=count, feature_tap=feature_tap
    )
    at_least(method, "the number of networks", len(found.members), smallest)
    return found
