import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import per_modality
from tfkd.tasks import segmentation


def segmenter():
    return segmentation.model(
        input_shape=(8, 8, 1), num_classes=3, filters=(2, 3)
    )


def build(**arguments):
    arguments = {
        "teacher": None,
        "student": per_modality.build(segmenter(), ("ct", "mri")),
        **arguments,
    }
    return methods.get("ummkd").build(**arguments)


def test_total_is_the_papers_equation():
    random = np.random.default_rng(0)
    z, other = random.normal(size=(2, 2, 8, 8, 3))
    y, labels = random.integers(0, 3, (2, 2, 8, 8))
    expected = 0.0
    for c in range(3):
        means = [z[y == c].mean(0), other[labels == c].mean(0)]
        p, q = (np.exp(m / 2) / np.exp(m / 2).sum() for m in means)
        both = np.sum(p * np.log(p / q)) + np.sum(q * np.log(q / p))
        expected += 0.5 * both / 2 / 3
    (loss,) = build().distillation_losses
    found = loss(
        {},
        {"ct": z.astype("float32"), "mri": other.astype("float32")},
        labels={"ct": y, "mri": labels},
    )
    np.testing.assert_allclose(
        float(loss.weight(0)) * np.asarray(found), [expected] * 2, rtol=1e-4
    )


def test_images_of_both_modalities_are_in_no_order():
    student = per_modality.build(segmenter(), ("ct", "mri"))
    (loss,) = build(student=student).distillation_losses
    random = np.random.default_rng(0)
    z, other = random.normal(size=(2, 4, 8, 8, 3)).astype("float32")
    y, labels = random.integers(0, 3, (2, 4, 8, 8))
    order = [2, 0, 3, 1]
    taps = {"ct": z, "mri": other}
    moved = {"ct": z, "mri": other[order]}
    np.testing.assert_allclose(
        loss({}, moved, labels={"ct": y, "mri": labels[order]}),
        loss({}, taps, labels={"ct": y, "mri": labels}),
        rtol=1e-4,
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": segmenter()}, "needs no teacher"),
        ({"student": segmenter()}, "segmenter of two modalities"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
