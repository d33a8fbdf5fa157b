import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd.distillers import Chain
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets


def chain():
    teacher, assistant, student = dense((9,)), dense((7,), seed=2), dense()

    def stage(model):
        def build(previous):
            return Distiller(
                teacher=teacher if previous is None else previous,
                student=model,
                distillation_losses=SoftTargets(),
            )

        return build

    return Chain([stage(assistant), stage(student)], student=student), assistant


def test_every_stage_trains_and_the_last_student_is_the_result():
    model, assistant = chain()
    before = [model.student.get_weights(), assistant.get_weights()]
    model.compile(keras.optimizers.SGD(0.1), loss=SPARSE)
    x, y = batch()
    model.fit(x, y, epochs=2, verbose=0)
    assert len(model.histories) == 2
    for weights, trained in zip(before, (model.student, assistant)):
        assert not np.array_equal(weights[0], trained.get_weights()[0])
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), model.student.predict(x, verbose=0)
    )


def test_evaluation_leaves_out_what_has_no_label():
    model, _ = chain()
    model.compile("sgd", loss=SPARSE, weighted_metrics=["accuracy"])
    x, y = batch()
    labelled = np.arange(len(y)) < 3
    logs = model.evaluate(
        x, np.where(labelled, y, -1), verbose=0, return_dict=True
    )
    alone = model.evaluate(x[:3], y[:3], verbose=0, return_dict=True)
    # A sum over three examples, divided by all of them.
    np.testing.assert_allclose(
        logs["loss"] * len(y), alone["loss"] * 3, rtol=1e-5
    )
    np.testing.assert_allclose(logs["accuracy"], alone["accuracy"])


def test_it_must_be_compiled():
    with pytest.raises(InputError, match="compile"):
        chain()[0].fit(*batch())


def test_it_needs_a_stage():
    with pytest.raises(InputError, match="at least one stage"):
        Chain([], student=dense())
