"""Digits that move, of which nobody knows how far."""

import functools

import keras

from learning_protocols.digits import task
from learning_protocols.displacements import SMALL
from learning_protocols.displacements import fit
from learning_protocols.displacements import network
from learning_protocols.displacements import right
from learning_protocols.scenes import SCENES
from learning_protocols.scenes import TEACHER_SCENES
from learning_protocols.scenes import scenes
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import Photometric
from tfkd.tasks import displacement
from tfkd.teachers import SelfTeacher
from tfkd.transforms import ReversedPair


def fit_to_images(model, pairs, rounds):
    """Trains 800 steps a round, by how unlike the images are."""
    losses = [
        Photometric(
            student_tap=there,
            pair_tap=pair,
            pair_of="student",
            structure=0.0,
            value_range=(0.0, 16.0),
            name=pair,
        )
        for there, pair in (
            ("outputs", "inputs"),
            ("auxiliary_outputs", "auxiliary"),
        )
    ]
    for _ in range(rounds):
        both_ways = Distiller(
            student=model,
            network=taps.with_auxiliary(model, ReversedPair()),
            teacher=SelfTeacher(),
            distillation_losses=losses,
            student_loss_weight=0.0,
        )
        fit(both_ways, pairs, None, None)
    return model


@functools.cache
def self_taught_teacher():
    """A network of flow that learned from 1,200 pairs, for 2,400 steps."""
    keras.utils.set_random_seed(1000)
    pairs, _ = displacement.data(TEACHER_SCENES, split="train", seed=3)
    return fit_to_images(network(SMALL, 2), pairs, 3)


@task
def unknown_flow(method, seed, arguments, split="test"):
    """400 pairs; nobody ever saw a flow.

    All learn by how unlike the images are: the teacher, of the student's
    size, from 1,200 other pairs for three times as long. Student and control
    do for 800 steps; for 800 more the student has the method, the control
    goes on. The score is the share of digits' pixels that are right to half a
    pixel.
    """
    teacher = self_taught_teacher()
    pairs, _ = displacement.data(SCENES, split="train", seed=10)
    keras.utils.set_random_seed(seed)
    student = fit_to_images(network(SMALL, 2), pairs, 1)
    if method is None:
        fit_to_images(student, pairs, 1)
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        fit(model, pairs, None, None)
    pairs, flows = scenes(displacement.data, split)
    return right(flows, student.predict(pairs, verbose=0))
