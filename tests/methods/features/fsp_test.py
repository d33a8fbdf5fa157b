import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters=(2, 3, 4), name="cnn"):
    return models.build(
        name, input_shape=(8, 8, 1), num_classes=3, filters=filters
    )


def build(teacher=None, student=None, **arguments):
    return methods.get("fsp").build(
        teacher=teacher or network(name="resnet"),
        student=student or network(),
        **arguments,
    )


def flows(maps):
    """The paper's Eqn 1; maps of 8, 4 and 2 rows, pooled by maxima."""
    result = []
    for first, second in zip(maps, maps[1:]):
        b, h, w, c = first.shape
        first = first.reshape(b, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))
        area = second.shape[1] * second.shape[2]
        result.append(np.einsum("bhwi,bhwj->bij", first, second) / area)
    return result


@pytest.mark.parametrize(
    ("distance", "written_out"),
    [
        ("frobenius", lambda g: np.sum(g**2, axis=(1, 2))),
        ("mean", lambda g: np.mean(g**2, axis=(1, 2))),
        ("columns", lambda g: np.sum(np.sqrt(np.sum(g**2, axis=1)), axis=1)),
    ],
)
def test_is_the_distance_of_flow_matrices(distance, written_out):
    random = np.random.default_rng(0)
    shapes = [(2, 8, 8, 2), (2, 4, 4, 3), (2, 2, 2, 4)]
    teacher, student = (
        [random.normal(size=shape).astype("float32") for shape in shapes]
        for _ in range(2)
    )
    taps = [
        {f"stage{i}": m for i, m in enumerate(maps, 1)}
        for maps in (teacher, student)
    ]
    expected = [
        written_out(t - s)
        for t, s in zip(
            flows([m.astype("float64") for m in teacher]),
            flows([m.astype("float64") for m in student]),
        )
    ]
    losses = build(distance=distance).distillation_losses
    assert [loss.name for loss in losses] == ["fsp_stage2", "fsp_stage3"]
    for loss, values in zip(losses, expected):
        np.testing.assert_allclose(loss(*taps), values, rtol=1e-6)


def test_the_task_waits_for_the_flow():
    distiller = build(flow_steps=3, weight=2.0, task_weight=0.5)
    loss = distiller.distillation_losses[0]
    assert [float(loss.weight(step)) for step in (0, 2, 3)] == [2, 2, 0]
    task = distiller.student_loss_weight
    assert [float(task(step)) for step in (0, 2, 3)] == [0, 0, 0.5]


def test_groups_may_be_named():
    distiller = build(groups=((("stage1", "stage3"), ("stage1", "stage3")),))
    (loss,) = distiller.distillation_losses
    assert loss.teacher_taps == ("stage1", "stage3")


@pytest.mark.slow
def test_the_first_stage_brings_flows_together():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).uniform(size=(64, 8, 8, 1)).astype("float32")
    distiller = build(flow_steps=1000)
    distiller.compile(
        keras.optimizers.Adam(1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    logs = distiller.fit(x, tf.zeros(64), epochs=10, verbose=0).history
    assert logs["loss"][-1] < 0.5 * logs["loss"][0]


def test_other_widths_are_an_error():
    with pytest.raises(InputError, match="teacher's numbers of channels"):
        build(student=network((2, 3, 5)))


def test_one_stage_is_an_error():
    one = models.build(
        "cnn", input_shape=(8, 8, 1), num_classes=3, filters=(2,), strides=(1,)
    )
    with pytest.raises(InputError, match="at least two stages"):
        build(one, one)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"distance": "frobenus"}, "frobenius"),
        ({"pool": "sum"}, "pool must be one of"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"task_weight": -1.0}, "task_weight must be a finite number"),
        ({"flow_steps": 0}, "steps must be at least 1"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
