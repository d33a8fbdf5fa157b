import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import detection


def network(neck):
    return detection.model(filters=(2, 3, 4), neck=neck)


def build(**arguments):
    return methods.get("fgfi").build(
        teacher=network(4), student=network(3), **arguments
    )


def overlap(a, b):
    height = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    width = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = height * width
    area = sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
    return shared / (area - shared)


def written_out_mask(boxes, sizes, psi):
    """IoU of every anchor with every object, by loops."""
    mask = np.zeros((8, 8), bool)
    for box in boxes:
        ious = np.zeros((8, 8, len(sizes)))
        for i, j, k in np.ndindex(*ious.shape):
            y, x, (h, w) = 4 * i + 2, 4 * j + 2, sizes[k]
            anchor = (y - h / 2, x - w / 2, y + h / 2, x + w / 2)
            ious[i, j, k] = overlap(anchor, box)
        mask |= (ious > psi * ious.max()).any(axis=-1)
    return mask


def test_is_half_the_mean_square_at_positions_near_objects():
    random = np.random.default_rng(0)
    labels = np.float32(
        [
            [[2, 3, 11, 10, 1], [16, 17, 31, 30, 4]],
            [[20, 1, 28, 9, 0], [0, 0, 32, 32, -1]],
        ]
    )
    teacher = random.normal(size=(2, 8, 8, 4)).astype("float32")
    student = random.normal(size=(2, 8, 8, 3)).astype("float32")
    (loss,) = build().distillation_losses
    kernel, bias = (np.array(w, "float64") for w in loss.adaptation.weights)
    padded = np.pad(student.astype("float64"), [(0, 0), (1, 1), (1, 1), (0, 0)])
    adapted = bias + sum(
        padded[:, i : i + 8, j : j + 8] @ kernel[i, j]
        for i in range(3)
        for j in range(3)
    )
    square = np.sum((np.maximum(adapted, 0) - teacher) ** 2, axis=-1)
    sizes = ((8, 8), (16, 16))
    masks = [
        written_out_mask(labels[0, :, :4], sizes, 0.5),
        written_out_mask(labels[1, :1, :4], sizes, 0.5),  # one is padding
    ]
    np.testing.assert_array_equal(loss.mask(labels), masks)
    expected = [np.sum(s * m) / (2 * m.sum()) for s, m in zip(square, masks)]
    found = loss({"fpn": teacher}, {"fpn": student}, labels=labels)
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_an_image_without_objects_costs_nothing():
    (loss,) = build().distillation_losses
    labels = np.float32([[[0, 0, 0, 0, -1]]])
    teacher = np.ones((1, 8, 8, 4), "float32")
    student = np.ones((1, 8, 8, 3), "float32")
    found = loss({"fpn": teacher}, {"fpn": student}, labels=labels)
    np.testing.assert_array_equal(found, [0.0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"threshold": 1.0}, "threshold in"),
        ({"anchor_sizes": ((8, -8),)}, "of positive size"),
        ({"anchor_sizes": ()}, "of positive size"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
        ({"student_tap": "outputs"}, "needs maps"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_rejects_images_of_unknown_size():
    open_size = detection.keras.Sequential(
        [
            detection.keras.Input((None, None, 1)),
            detection.layers.Conv2D(3, 3, name="fpn"),
        ]
    )
    with pytest.raises(InputError, match="of known size"):
        methods.get("fgfi").build(teacher=network(4), student=open_size)


def test_rejects_labels_of_another_format():
    (loss,) = build().distillation_losses
    maps = {"fpn": np.ones((1, 8, 8, 4), "float32")}
    student = {"fpn": np.ones((1, 8, 8, 3), "float32")}
    for labels in (None, np.array([1])):
        with pytest.raises(InputError, match="needs labels"):
            loss(maps, student, labels=labels)
