import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import PartDistiller
from tfkd.errors import InputError
from tfkd.models import named_heads

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(size=(6, 6, 6, 1)).astype("float32")


def dense(filters, channels):
    """A network to a number of channels at every pixel."""
    inputs = keras.Input((6, 6, 1))
    x = inputs
    for number, width in enumerate(filters, start=1):
        x = keras.layers.Conv2D(
            width, 3, padding="same", activation="tanh", name=f"stage{number}"
        )(x)
    return keras.Model(
        inputs, keras.layers.Conv2D(channels, 1, name="logits")(x)
    )


def joint(**channels):
    channels = channels or {"parts": 3, "depth": 1}
    return named_heads.build(dense((3, 4), 1), channels, layer="stage2")


def teachers():
    return {"parts": dense((5, 6), 3), "depth": dense((4, 5), 1)}


def build(**arguments):
    arguments = {"teacher": teachers(), "student": joint(), **arguments}
    return methods.get("student_master").build(**arguments)


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def test_a_block_is_finished_by_every_teacher():
    networks = teachers()
    chain = build(teacher=networks)
    stage = chain.stages[1](None)
    assert isinstance(stage, PartDistiller)
    assert (stage.start, stage.end) == ("stage1", "stage2")
    found = taps.Extractor(stage.student, ["stage2"])(X)["stage2"]
    for loss, task in zip(stage.distillation_losses, ("parts", "depth")):
        network = networks[task]
        coded = loss.regressor(loss.gate(found) * found)
        answer = np.array(taps.cut(network, ["stage2"])[1](coded), "float64")
        target = np.array(network(X), "float64")
        if task == "parts":
            q, p = log_softmax(target), log_softmax(answer)
            each = np.sum(np.exp(q) * (q - p), axis=-1).mean(axis=(1, 2))
        else:
            each = np.abs(target - answer).mean(axis=(1, 2, 3))
        taught = stage.teacher(X)
        value = loss(taught, {"stage2": found})
        np.testing.assert_allclose(value, each, rtol=1e-4, atol=1e-6)


def test_blocks_are_trained_one_after_the_other():
    student = joint()
    chain = build(student=student)
    chain.compile(keras.optimizers.SGD(0.1), None)
    moved = []
    for make in chain.stages:
        stage = make(None)
        stage.compile(keras.optimizers.SGD(0.1), None, jit_compile=False)
        before = {layer.name: layer.get_weights() for layer in student.layers}
        stage.fit(X, verbose=0)
        moved.append(
            {
                layer.name
                for layer in student.layers
                for old, new in zip(before[layer.name], layer.get_weights())
                if not np.array_equal(old, new)
            }
        )
    assert moved[0] == {"stage1"}
    assert moved[1] == {"stage2"}
    assert moved[2] == {"stage1", "stage2", "parts", "depth"}


def test_it_learns_both_tasks_without_labels():
    networks, student = teachers(), joint()
    chain = build(teacher=networks, student=student)
    chain.compile(keras.optimizers.Adam(0.01), None, jit_compile=False)
    gap = {
        task: np.mean((networks[task](X) - student(X)[task]) ** 2)
        for task in networks
    }
    chain.fit(X, epochs=40, verbose=0)
    last = chain.histories[-1].history
    assert last["answer_parts"][-1] < 0.5 * last["answer_parts"][0]
    after = np.mean((networks["depth"](X) - student(X)["depth"]) ** 2)
    assert after < 0.5 * gap["depth"]


def test_a_task_may_have_another_distance():
    chain = build(distances={"depth": LpDistance(p=2)})
    losses = chain.stages[-1](None).distillation_losses
    assert {loss.name: type(loss.distance).__name__ for loss in losses} == {
        "answer_parts": "SoftmaxKL",
        "answer_depth": "LpDistance",
    }
    assert losses[1].distance.p == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": dense((3, 4), 1)}, "one teacher for each"),
        ({"teacher": {"parts": dense((3, 4), 3)}}, "one teacher for each"),
        ({"distances": {"normals": LpDistance()}}, "must be of the tasks"),
        ({"student": joint(parts=4, depth=1)}, "tensors of one shape"),
        ({"block_weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_a_teacher_with_a_way_around_its_stages_is_our_error():
    inputs = keras.Input((6, 6, 1))
    x = keras.layers.Conv2D(2, 1, name="stage1")(inputs)
    y = keras.layers.Conv2D(2, 1, name="stage2")(x)
    x = keras.layers.Concatenate()([x, y])
    around = keras.Model(inputs, keras.layers.Conv2D(1, 1, name="logits")(x))
    with pytest.raises(InputError, match="all paths lead"):
        build(teacher={**teachers(), "depth": around})
