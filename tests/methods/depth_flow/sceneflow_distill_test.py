import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import named_heads
from tfkd.tasks import displacement
from tfkd.transforms.warp import warp

IMAGES, LABELS = displacement.video(3)
HEADS = {"disparity": 1, "flow": 2, "next_disparity": 1}


def network(channels, images=2):
    return displacement.model(
        input_shape=(24, 24, images), channels=channels, filters=(2, 3)
    )


def student_network(heads=None):
    return named_heads.build(
        network(1, images=4), heads or HEADS, layer="decoder"
    )


def teachers():
    return {"stereo": network(1), "flow": network(2)}


def build(**arguments):
    arguments = {
        "teacher": teachers(),
        "student": student_network(),
        **arguments,
    }
    return methods.get("sceneflow_distill").build(**arguments)


def test_total_is_the_sum_over_heads_of_distances_where_proxies_count():
    known, student = teachers(), student_network()
    # Strict, so that networks that know nothing are not trusted everywhere.
    model = build(
        teacher=known, student=student, weights=(2.0, 3.0, 5.0), absolute=0.01
    )
    losses = {head: "mae" for head in HEADS}
    model.compile("sgd", losses, run_eagerly=True)
    left, right, later, later_right = np.split(IMAGES, 4, axis=-1)

    def ask(name, *images):
        pair = np.concatenate(images, axis=-1)
        return np.asarray(known[name](pair, training=False))

    flow = ask("flow", left, later)
    targets = {
        "disparity": ask("stereo", left, right),
        "flow": flow,
        "next_disparity": np.asarray(
            warp(ask("stereo", later, later_right), flow)
        ),
    }
    found = model.teacher(IMAGES)
    own = student(IMAGES, training=True)
    expected = 0.0
    for (head, target), weight in zip(targets.items(), (2, 3, 5)):
        mask = np.asarray(found[f"{head}_trusted"])[..., 0]
        assert 0 < mask.mean() < 1, head
        # Of a flow half the sum of its two numbers.
        gap = np.abs(target - np.asarray(own[head])).mean(axis=-1)
        expected += weight * (mask * gap).sum() / mask.sum()
    logs = model.train_on_batch(IMAGES, LABELS, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": network(1)}, '"stereo": model'),
        (
            {"teacher": {"stereo": network(2), "flow": network(1)}},
            "in this order",
        ),
        (
            {"student": student_network({"flow": 2, "depth": 1})},
            "student with the outputs",
        ),
        ({"student": cases.student()}, "student with the outputs"),
        ({"weights": (1.0, 1.0)}, "three weights"),
        ({"weights": (1.0, 1.0, -1.0)}, "weight must be"),
        (
            {"student": student_network({**HEADS, "flow": 1})},
            "of one shape",
        ),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
