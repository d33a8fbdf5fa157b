"""Digits that turn and tilt: maps of keypoints, of parts, of locations."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import SCENES_BATCH
from learning_protocols.scenes import SCENES_STEPS
from learning_protocols.scenes import compile_scenes
from tfkd.models import pose_kernels
from tfkd.tasks import digit_poses
from tfkd.tasks import pose

LABELLED = 200
TEACHER_POSES = 1600
TEACHER_STEPS = 1600


def keypoints(points):
    """Maps of keypoints."""
    return pose.heat_maps(points, 16)


def parts(points):
    """Maps of keypoints, and of the affinities of parts behind them."""
    return np.concatenate([keypoints(points), pose.part_maps(points, 16)], -1)


def locations(points):
    """Maps of keypoints, and of their locations behind them."""
    found = [keypoints(points), pose.location_maps(points, 16)]
    return np.concatenate(found, -1)


def examples(count, maps, **arguments):
    """Images, their labels, and where keypoints are."""
    found = digit_poses.poses(count, **arguments)
    return found.images, maps(found.points), found.points


def tested(maps, split):
    """300 digits to test, which are in no other image; 200 to evaluate."""
    if split == "test":
        return examples(300, maps, split="test", seed=2)
    return examples(200, maps, split="train", seed=1)


def fit(model, x, y, loss, steps):
    """Trains for so many steps of 20 images."""
    epochs = -(-steps // (len(x) // SCENES_BATCH))
    compile_scenes(model, loss, steps)
    model.fit(x, y, batch_size=SCENES_BATCH, epochs=epochs, verbose=0)
    return model


@functools.cache
def teacher(maps, loss):
    """Three stacks of 24 channels, trained on 1,600 other digits."""
    keras.utils.set_random_seed(1000)
    x, y, _ = examples(TEACHER_POSES, maps, seed=3)
    model = pose.model(maps=y.shape[-1], stacks=3, filters=24)
    return fit(model, x, y, loss(), TEACHER_STEPS)


def student(method, seed, arguments, maps, loss):
    """Trains a student of two stacks on 200 digits, or the control."""
    x, y, _ = examples(LABELLED, maps, seed=10 + seed)
    keras.utils.set_random_seed(seed)
    found = pose.model(maps=y.shape[-1], stacks=2, filters=8)
    model = found
    if method is not None:
        model = method.build(
            teacher=teacher(maps, loss), student=found, **arguments
        )
    fit(model, x, y, loss(), SCENES_STEPS)
    return found


def share_found(model, maps, split):
    """Share of keypoints within one and a half pixels."""
    x, y, _ = tested(maps, split)
    metric = pose.PCK()
    metric.update_state(y, model.predict(x, verbose=0))
    return float(metric.result())


@task
def digit_keypoints(method, seed, arguments, split="test"):
    """200 digits in poses, with maps of five keypoints.

    The teacher saw 1,600 others. The control trains on the same 200 for as
    many steps. The score is the share of keypoints that are found.
    """
    model = student(method, seed, arguments, keypoints, pose.loss)
    return share_found(model, keypoints, split)


@task
def digit_parts(method, seed, arguments, split="test"):
    """The same with maps of how four parts lie, behind the keypoints'."""
    model = student(method, seed, arguments, parts, pose.loss)
    return share_found(model, parts, split)


@task
def digits_in_space(method, seed, arguments, split="test"):
    """The same with maps of where keypoints are in space, behind theirs.

    The score is 1 - the mean distance of a keypoint in space over 8 pixels,
    read where its map peaks; 0 where that is negative.
    """
    model = student(method, seed, arguments, locations, pose.LocationLoss)
    x, _, points = tested(locations, split)
    found = model.predict(x, verbose=0)
    count = points.shape[1]
    peaks = np.asarray(pose.peaks(found[..., :count]))
    example = np.arange(len(x))[:, None]
    read = found[example, peaks[..., 0], peaks[..., 1]]
    joints = np.arange(count)
    space = np.stack(
        [read[:, joints, count * (1 + axis) + joints] for axis in range(3)],
        axis=-1,
    )
    truth = np.array(points)
    truth[..., :2] -= 7.5
    gap = np.linalg.norm(8.0 * space - truth, axis=-1)
    return float(max(0.0, 1.0 - gap.mean() / 8.0))


@task
def films_of_digits(method, seed, arguments, split="test"):
    """200 films of three frames, with maps of keypoints in each.

    The control is the same network of kernels, which trains on the same films
    for as many steps. The score is the share of keypoints found in the last
    frame.
    """

    def films(count, **where):
        found = digit_poses.poses(count, frames=3, **where)
        return found.images, keypoints(found.points)

    x, y = films(LABELLED, seed=10 + seed)
    keras.utils.set_random_seed(seed)
    network = pose_kernels.build(input_shape=x.shape[1:])
    model = network
    if method is not None:
        model = method.build(teacher=None, student=network, **arguments)
    fit(model, x, y, pose.loss(), SCENES_STEPS)
    test = split == "test"
    x, y = films(
        300 if test else 200,
        split="test" if test else "train",
        seed=2 if test else 1,
    )
    metric = pose.PCK()
    metric.update_state(y[:, -1], network.predict(x, verbose=0)[:, -1])
    return float(metric.result())
