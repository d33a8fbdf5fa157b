import numpy as np

from tests.data import stored_test
from tfkd.data import augment
from tfkd.training import inputs

IMAGES = stored_test.IMAGES
POLICY = stored_test.POLICY


def test_images_alone_stay_an_array():
    given = inputs.Inputs(IMAGES)
    assert given.arrays() is IMAGES
    assert given.prepare() is None


def test_numbers_come_beside_the_images():
    x = inputs.Inputs(IMAGES, numbered=True).arrays()
    assert x["index"].tolist() == [0, 1, 2, 3, 4]
    assert x["student"] is IMAGES


def test_stored_answers_are_decoded_batch_by_batch():
    cached = stored_test.make().only(["logits"])
    given = inputs.Inputs(IMAGES, cached)
    x = given.arrays()
    assert set(x["cached"]) == {
        "logits.values",
        "logits.classes",
        "logits.rest",
    }
    rows = {
        "student": IMAGES[:2],
        "cached": {name: array[:2] for name, array in x["cached"].items()},
    }
    found = given.prepare()(rows, 5)
    np.testing.assert_array_equal(
        found["cached"]["logits"], stored_test.LOGITS[0, :2]
    )


def test_every_epoch_shows_the_view_that_its_answers_belong_to():
    cached = stored_test.make(views=2)
    given = inputs.Inputs(IMAGES, cached, POLICY, cached.seeds)
    for epoch in range(3):
        found = given.prepare()(given.arrays(), epoch)
        assert set(found) == {"student", "cached"}
        seeds = cached.seeds[:, epoch % 2]
        np.testing.assert_array_equal(
            found["student"], augment.view(IMAGES, seeds, POLICY)
        )
        np.testing.assert_array_equal(
            found["cached"]["logits"], stored_test.LOGITS[epoch % 2]
        )


def test_views_without_a_teacher_are_images_alone():
    seeds = inputs.seeds(stored_test.IDS, POLICY)
    assert seeds.shape == (5, 2)
    given = inputs.Inputs(IMAGES, policy=POLICY, seeds=seeds)
    found = given.prepare()(given.arrays(), 3)
    np.testing.assert_array_equal(
        found, augment.view(IMAGES, seeds[:, 1], POLICY)
    )
