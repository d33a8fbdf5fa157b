import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def build(**arguments):
    arguments = {"teacher": None, "student": cases.student(), **arguments}
    return methods.get("hne").build(**arguments)


X, Y = cases.images(8)


def softmax(z):
    e = np.exp(np.asarray(z, "float64"))
    return e / e.sum(axis=1, keepdims=True)


def test_the_loss_is_the_papers_on_all_levels():
    distiller = build(temperature=2.0, weight=0.5, task_weight=0.3)
    distiller.compile(
        "sgd",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    found = distiller.network(X, training=True)
    levels = [
        np.asarray(found[n]) for n in ("logits", "ensemble2", "ensemble4")
    ]
    ce = sum(-np.mean(np.log(softmax(z)[np.arange(8), Y])) for z in levels)
    q, kl = softmax(levels[-1] / 2), 0.0
    for z in levels[:-1]:
        p = softmax(z / 2)
        kl += 4 * np.mean(np.sum(q * np.log(q / p), axis=1))
    logs = distiller.train_on_batch(X, Y, return_dict=True)
    expected = 0.3 * ce + 0.5 * kl
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-3)


def test_leaves_share_what_lies_before_their_branch():
    distiller = build()
    names = [layer.name for layer in distiller.network.layers]
    # One other branch behind stage 1, three behind stage 2.
    assert [n for n in names if n.startswith("branch")] == [
        "branch1_1",
        "branch2_1",
        "branch2_2",
        "branch2_3",
    ]


def test_any_first_leaves_are_a_network():
    distiller = build()
    models = [distiller.ensemble(count) for count in (1, 2, 4)]
    one, two, four = (model.predict(X, verbose=0) for model in models)
    student = distiller.student.predict(X, verbose=0)
    np.testing.assert_allclose(one, student, rtol=1e-5)
    assert two.shape == four.shape == student.shape
    assert not np.allclose(two, four)
    count = [model.count_params() for model in models]
    assert count == sorted(count)
    assert count[0] == distiller.student.count_params()


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="ensembles of"):
        build().ensemble(3)
    with pytest.raises(InputError, match="teacher=None"):
        build(teacher=cases.teacher())
    with pytest.raises(InputError, match="in their order"):
        build(branches=("stage2", "stage1"))
    short = models.build(
        "cnn",
        input_shape=cases.SHAPE,
        num_classes=2,
        filters=(4,),
        strides=(1,),
    )
    with pytest.raises(InputError, match="at least one tap"):
        build(student=short)
