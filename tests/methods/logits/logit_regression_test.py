import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    return methods.get("logit_regression").build(
        teacher=dense((9,)), student=dense(seed=1), **arguments
    )


@pytest.mark.parametrize(("reduce", "divisor"), [("sum", 1), ("mean", 4)])
def test_the_loss_is_half_the_squared_distance(reduce, divisor):
    model = build(reduce=reduce)
    model.compile("sgd")
    x, _ = batch()
    t = model.teacher.model.predict(x, verbose=0).astype("float64")
    s = model.student.predict(x, verbose=0).astype("float64")
    logs = model.fit(x, verbose=0).history
    # 1/2 sum_c (z_s - z_t)^2, over the 4 classes where it is a mean
    want = 0.5 * np.mean(np.sum((s - t) ** 2, -1)) / divisor
    np.testing.assert_allclose(logs["loss"][0], want, rtol=1e-5)


def test_a_shift_of_the_logits_counts():
    # Unlike softened classes, raw scores are matched themselves.
    loss = build().distillation_losses[0]
    t = np.array([[1.0, 2.0, 0.0, 0.0]], "float32")
    found = loss({"logits": t}, {"logits": t + 1})
    np.testing.assert_allclose(found, [4.0])


def test_the_task_may_be_added():
    model = build(task_weight=1.0)
    model.compile("sgd", loss=SPARSE)
    logs = model.train_on_batch(*batch(), return_dict=True)
    want = logs["task_loss"] + 0.5 * logs["logit_regression"]
    assert logs["loss"] == pytest.approx(want, rel=1e-5)


def test_other_classes_are_our_error():
    with pytest.raises(InputError, match="one shape"):
        methods.get("logit_regression").build(
            teacher=dense(classes=5), student=dense()
        )
