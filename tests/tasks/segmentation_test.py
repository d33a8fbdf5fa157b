import keras
import numpy as np
import pytest

from tfkd import distillers
from tfkd import losses
from tfkd import tasks
from tfkd.errors import InputError
from tfkd.tasks import segmentation


def test_loss_skips_pixels_without_a_class():
    # Pixel 1: -log softmax([0, 0])_0 = log 2; pixel 2 does not count.
    logits = np.float32([[[[0, 0], [5, -5]]]])
    found = segmentation.loss()(np.array([[[0, -1]]]), logits)
    np.testing.assert_allclose(found, np.log(2), rtol=1e-6)


def test_mean_iou_of_classes_that_occur():
    # Truth 0 0 1 -1, found 0 1 1 2: class 0 has 1 / 2, class 1 has 1 / 2,
    # class 2 is found only where nothing counts, class 3 never occurs.
    metric = segmentation.MeanIoU(4)
    found = np.eye(4)[[0, 1, 1, 2]].reshape(1, 2, 2, 4)
    metric.update_state(np.array([[[0, 0], [1, -1]]]), found)
    np.testing.assert_allclose(metric.result(), 0.5, rtol=1e-6)
    # A second, perfect image of weight 2 adds 8 hits of class 3: IoU 1.
    metric.update_state(
        np.full((1, 2, 2), 3), np.eye(4)[[3] * 4].reshape(1, 2, 2, 4), [2.0]
    )
    np.testing.assert_allclose(metric.result(), 2 / 3, rtol=1e-6)


def test_mean_iou_of_nothing_is_zero():
    assert float(segmentation.MeanIoU(3).result()) == 0.0


def test_mean_iou_round_trip():
    metric = segmentation.MeanIoU(3, name="m")
    copy = segmentation.MeanIoU.from_config(metric.get_config())
    assert copy.get_config() == metric.get_config()


@pytest.mark.parametrize("size", [32, 64])
def test_the_model_labels_every_pixel(size):
    model = segmentation.model(input_shape=(size, size, 1))
    assert model.output_shape == (None, size, size, segmentation.CLASSES)
    assert {layer.name for layer in model.layers} >= {
        *segmentation.TAPS.values()
    }


def test_a_distiller_ignores_the_same_pixels():
    student, teacher = (segmentation.model(filters=(2, 3)) for _ in range(2))
    distiller = distillers.Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses.SoftTargets(temperature=1.0),
    )
    distiller.compile(
        "sgd", segmentation.loss(), weighted_metrics=segmentation.metrics()
    )
    x, y = segmentation.data(4)
    logits = student.predict(x, verbose=0)
    logs = distiller.evaluate(x, y, verbose=0, return_dict=True)
    metric = segmentation.MeanIoU()
    metric.update_state(y, logits)
    np.testing.assert_allclose(logs["mean_iou"], metric.result(), rtol=1e-5)


def test_tasks_are_found_by_name():
    assert tasks.get("segmentation") is segmentation
    for name in tasks.names():
        module = tasks.get(name)
        assert isinstance(module.LABELS, str)
        x, y = module.data(2)
        model = module.model()
        loss = module.loss()(y, model(x))
        assert np.isfinite(float(loss))
        assert isinstance(model, keras.Model)


def test_rejects_other_tasks():
    with pytest.raises(InputError, match="task named 'segment'"):
        tasks.get("segment")
