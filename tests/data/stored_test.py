import numpy as np
import pytest

from tfkd.data import prediction_blocks
from tfkd.data import stored
from tfkd.data import tap_formats
from tfkd.errors import InputError

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(2, 5, 7)).astype(np.float32)
IDS = np.array([f"id-{number}" for number in range(5)])
IMAGES = RNG.integers(0, 9, (5, 2, 2, 1)).astype(np.float32)
FORMATS = [
    tap_formats.TopK(
        tap="logits", shape=(7,), dtype="float32", k=7, temperature=1.0
    ),
    tap_formats.Dense(tap="embedding", shape=(7,), dtype="float16"),
]
POLICY = {"views": 2, "shift": 1, "horizontal_flip": False, "seed": 0}


def make(views=None):
    """Stores `LOGITS` of one view, or of both."""
    fields = [
        FORMATS[0].encode(logits) | FORMATS[1].encode(logits)
        for logits in LOGITS
    ]
    pixels = [image.astype("uint8").tobytes() for image in IMAGES]
    return stored.Stored(
        ids=IDS,
        fingerprints=prediction_blocks.fingerprints(IDS, pixels).numpy(),
        formats=FORMATS,
        fields=fields[0]
        if views is None
        else {n: np.stack([f[n] for f in fields], 1) for n in fields[0]},
        policy=POLICY if views else None,
        seeds=np.arange(10).reshape(5, 2) if views else None,
    )


def test_rows_are_taken_in_the_order_that_is_asked():
    found = make(views=2).take([3, 0])
    assert found.ids.tolist() == ["id-3", "id-0"]
    assert found.seeds.tolist() == [[6, 7], [0, 1]]
    for view in range(2):
        np.testing.assert_array_equal(
            found.dense(view)["logits"], LOGITS[view, [3, 0]]
        )
    with pytest.raises(InputError, match="id-3 .* another image"):
        found.check_images(IMAGES[:2], "uint8")


def test_taps_that_are_not_needed_take_no_memory():
    found = make().only(["embedding"])
    assert found.taps == ["embedding"]
    assert list(found.fields) == ["embedding"]
    assert set(make().dense()) == {"logits", "embedding"}


def test_images_are_compared_with_those_that_the_teacher_saw():
    found = make()
    found.check_images(IMAGES, "uint8")
    changed = IMAGES.copy()
    changed[4] += 1
    with pytest.raises(InputError, match="of id-4 the teacher has seen"):
        found.check_images(changed, "uint8")
