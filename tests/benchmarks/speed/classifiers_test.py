"""Which methods the speed benchmark builds, and what it says of the others."""

import pytest

from benchmarks.speed import classifiers
from benchmarks.speed import harness
from tfkd import models


def cnn(name="cnn"):
    return models.build(
        name, input_shape=(8, 8, 1), num_classes=10, filters=(2, 3, 4)
    )


def build(key):
    return classifiers.build(key, teacher=cnn, student=cnn)


@pytest.mark.parametrize(
    ("key", "names", "teachers"),
    [
        ("hinton_kd", [""], 1),
        ("dml", [""], 0),
        ("feed", [""], 2),
        ("ban", [", stage 1", ", stage 2"], 1),
    ],
)
def test_a_method_is_built_with_as_many_teachers_as_it_has(
    key, names, teachers
):
    stages, count = build(key)
    assert list(stages) == names
    assert count == teachers


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("zskd", "makes its own images"),
        ("lsp_gcn", "no images with labels"),
        ("apprentice", "of its own kind"),
        ("uhc", "other classes"),
    ],
)
def test_a_method_that_does_not_fit_says_why(key, reason):
    with pytest.raises(harness.NotMeasured, match=reason):
        build(key)


def test_a_batch_carries_what_the_card_names():
    x, y = classifiers.batch("crd", (8, 8, 1), 5, 3)
    assert sorted(x) == ["index", "student"]
    assert list(y) == [0, 1, 2, 0, 1]
    _, y = classifiers.batch("mean_teacher", (8, 8, 1), 5, 3)
    assert list(y) == [-1, 1, 2, -1, 1]
