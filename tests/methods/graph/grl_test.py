import numpy as np
import pytest

from tfkd import methods
from tfkd import tasks
from tfkd.errors import InputError
from tfkd.teachers import FrozenTeacher
from tfkd.teachers import GraphMetrics

GRAPH = tasks.get("graph")


def student(level="graph"):
    return GRAPH.model(features=3, units=(4, 4), level=level)


def build(**arguments):
    arguments = {"teacher": None, "student": student(), **arguments}
    return methods.get("grl").build(**arguments)


def test_the_loss_is_the_mean_square_over_metrics():
    # Targets (0.5, 0.25), found (1, -0.25): (0.25 + 0.25) / 2.
    (loss,) = build(metrics=("density", "diameter")).distillation_losses
    teacher = {"metrics": np.float32([[0.5, 0.25]])}
    found = loss(teacher, {"metrics": np.float32([[1.0, -0.25]])})
    np.testing.assert_allclose(found, [0.25], rtol=1e-6)


def test_graphs_without_labels_teach_too():
    model = student()
    distiller = build(student=model)
    distiller.compile("adam", GRAPH.loss(), run_eagerly=True)
    x, y = GRAPH.data(8, level="graph")
    before = model.get_weights()
    logs = distiller.fit(x, np.full_like(y, -1), verbose=0).history
    assert logs["task_loss"] == [0.0]
    assert logs["graph_metrics"][0] > 0
    changed = [
        not np.array_equal(a, b) for a, b in zip(before, model.get_weights())
    ]
    # All but the logits' kernel and bias.
    assert changed[:-2] == [True] * (len(changed) - 2)
    assert changed[-2:] == [False, False]


def test_an_adapted_teacher_sets_the_scale():
    teacher = GraphMetrics(["density"])
    x, _ = GRAPH.data(16, level="graph")
    teacher.adapt(x["adjacency"])
    distiller = build(teacher=teacher)
    found = np.array(distiller.teacher(x)["metrics"])
    np.testing.assert_allclose(found.std(), 1, rtol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"metrics": ("radius",)}, "metric of graphs named 'radius'"),
        ({"teacher": FrozenTeacher(student())}, "received FrozenTeacher"),
        (
            {"teacher": GraphMetrics(), "metrics": ("density",)},
            "knows its metrics",
        ),
        ({"student": student("node")}, "tensors of one shape"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
