import hashlib

import numpy as np
import pytest

from tfkd.data import augment

IDS = [f"id-{number}" for number in range(40)]
IMAGES = np.arange(40 * 5 * 4 * 2, dtype=np.float32).reshape(40, 5, 4, 2)


def by_hand(image, seed, shift, horizontal_flip):
    height, width, _ = image.shape
    padded = np.pad(image, [(shift, shift), (shift, shift), (0, 0)])
    top = (seed & 0xFFFF) % (2 * shift + 1)
    left = (seed >> 16 & 0xFFFF) % (2 * shift + 1)
    view = padded[top : top + height, left : left + width]
    if horizontal_flip and seed >> 32 & 1:
        view = view[:, ::-1]
    return view


@pytest.mark.parametrize(
    ("shift", "horizontal_flip"), [(0, True), (2, False), (1, True)]
)
def test_views_are_cut_and_mirrored_as_their_seeds_say(shift, horizontal_flip):
    seeds = augment.seeds(IDS, 3, 1)
    policy = {"shift": shift, "horizontal_flip": horizontal_flip}
    views = augment.view(IMAGES, seeds, policy).numpy()
    expected = [
        by_hand(image, int(seed), shift, horizontal_flip)
        for image, seed in zip(IMAGES, seeds)
    ]
    np.testing.assert_array_equal(views, expected)
    assert (views != IMAGES).any()


def test_a_view_does_not_depend_on_the_batch_it_comes_in():
    seeds = augment.seeds(IDS, 0, 0)
    policy = {"shift": 2, "horizontal_flip": True}
    together = augment.view(IMAGES, seeds, policy).numpy()
    order = np.random.default_rng(0).permutation(40)[:7]
    alone = augment.view(IMAGES[order], seeds[order], policy).numpy()
    np.testing.assert_array_equal(alone, together[order])


def test_seeds_are_the_first_bits_of_a_public_hash():
    digest = hashlib.sha256(b"3/1/id-5").digest()
    expected = int.from_bytes(digest[:8], "big") // 2
    assert augment.seeds(["id-5"], 3, 1).tolist() == [expected]
    seeds = [augment.seeds(IDS, seed, v) for seed in (0, 1) for v in (0, 1)]
    assert len(np.unique(seeds)) == 160
