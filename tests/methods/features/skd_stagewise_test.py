import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

X, Y = cases.images(8)


def build(**arguments):
    arguments.setdefault("teacher", cases.deep_teacher())
    arguments.setdefault("student", cases.student())
    return methods.get("skd_stagewise").build(**arguments)


def test_each_stage_is_the_papers_equation():
    chain = build(weight=0.5)
    stage = chain.stages[0](None)
    t = np.array([[[[1.0, 2.0, 0.0, 0.0]]]], "float32")
    s = np.array([[[[0.0, 4.0, 0.0, 0.0]]]], "float32")
    (loss,) = stage.distillation_losses
    # (1 + 4 + 0 + 0) / 4, times b.
    found = loss({"stage1": t}, {"stage1": s})
    np.testing.assert_allclose(found * loss.weight(0), [0.5 * 1.25])


def test_a_later_stage_leaves_earlier_ones_as_they_are():
    keras.utils.set_random_seed(0)
    chain = build()
    student = chain.student
    names = ["stage1_conv", "stage2_conv", "stage3_conv", "logits"]
    history = []
    for make in chain.stages:
        before = {n: np.array(student.get_layer(n).kernel) for n in names}
        model = make(None)
        model.compile(
            keras.optimizers.Adam(0.01),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        model.fit(X, Y, verbose=0)
        history.append(
            [
                n
                for n in names
                if not np.array_equal(before[n], student.get_layer(n).kernel)
            ]
        )
    assert history == [[name] for name in names]


def test_stages_need_no_labels():
    chain = build()
    model = chain.stages[1](None)
    model.compile("sgd")
    logs = model.train_on_batch(X, return_dict=True)
    assert set(logs) == {"loss", "task_loss", "stage_stage2"}
    assert logs["stage_stage2"] > 0


def test_other_widths_are_our_error():
    with pytest.raises(InputError, match="shape"):
        build(teacher=cases.teacher())


def test_taps_out_of_order_are_our_error():
    pairs = (("stage2", "stage2"), ("stage1", "stage1"))
    with pytest.raises(InputError, match="order of the graph"):
        build(pairs=pairs)
