import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

COMPONENT = {"name": "cnn", "filters": (3, 4, 5)}


def pair():
    return [cases.cnn((6, 8, 12), 2), cases.cnn((5, 7, 9), 2)]


def build(**arguments):
    arguments = {
        "teacher": [pair(), cases.cnn((4, 4, 4), 2)],
        "student": cases.student(),
        "label_sets": ((0, 1), (2, 3)),
        "component": COMPONENT,
        **arguments,
    }
    return methods.get("ka_customize").build(**arguments)


def fit(chain):
    chain.compile(
        keras.optimizers.SGD(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    x, y = cases.images(8)
    chain.fit(x, y, batch_size=8, verbose=0)
    return [set(history.history) for history in chain.histories]


def test_components_first_then_the_student():
    chain = build()
    before = chain.student.get_weights()
    first, second, last = fit(chain)
    assert first == second == {"loss", "task_loss", "selected_teacher"}
    assert "joined_logits" in last
    assert "component_1_stage3_stage3" in last
    assert not np.array_equal(before[0], chain.student.get_weights()[0])


def test_the_last_stage_matches_logits_side_by_side():
    chain = build()
    stages = [chain.stages[0](None)]
    stages.append(chain.stages[1](stages[0].student))
    model = chain.stages[2](stages[1].student)
    joined = model.distillation_losses[0]
    taps = {"0/logits": np.float32([[1, 2]]), "1/logits": np.float32([[3, 4]])}
    found = joined(taps, {"logits": np.zeros((1, 4), "float32")})
    # (1 + 4 + 9 + 16) / 4.
    np.testing.assert_allclose(found, [7.5], rtol=1e-6)
    members = [member.model for member in model.teacher.members]
    assert members == [stage.student for stage in stages]


def test_components_can_be_validated_on_labels_of_all_classes():
    component = build().stages[0](None)
    component.compile("sgd", cases.Case().loss)
    x, y = cases.images(8)
    logs = component.evaluate(x, y, verbose=0, return_dict=True)
    assert logs["loss"] == 0.0


def test_mistakes_are_our_errors_before_training():
    with pytest.raises(InputError, match="at least one group"):
        build(teacher=[])
    with pytest.raises(InputError, match="same classes"):
        build(teacher=[[*pair(), cases.teacher()], pair()])
    with pytest.raises(InputError, match="Closest"):
        build(component={"name": "cmm"})
    with pytest.raises(InputError, match="every class number from 0"):
        build(label_sets=((0, 1), (1, 3)))
