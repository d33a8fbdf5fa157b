"""The digits of scikit-learn: 1,797 real images of 8x8 pixels, 0 to 16."""

import tensorflow_datasets as tfds

TEST_EXAMPLES = 500


class Digits(tfds.core.GeneratorBasedBuilder):
    """UCI's optical digits (its test part), as shipped in scikit-learn.

    `test` holds 500 stratified examples and `train` the other 1,297; no image
    occurs twice. Reads an installed package, never the network.
    """

    VERSION = tfds.core.Version("1.0.0")
    # Unlike most 8-bit images: counts of dark pixels in 4x4 blocks.
    VALUE_RANGE = (0, 16)

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description="8x8 grey images of handwritten digits, 0 to 16.",
            features=tfds.features.FeaturesDict(
                {
                    "id": tfds.features.Text(),
                    "image": tfds.features.Image(shape=(8, 8, 1)),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://archive.ics.uci.edu/dataset/80",
            license="CC BY 4.0",
        )

    def _split_generators(self, dl_manager):
        from sklearn import datasets
        from sklearn import model_selection

        digits = datasets.load_digits()
        train, test = model_selection.train_test_split(
            range(len(digits.target)),
            test_size=TEST_EXAMPLES,
            random_state=0,
            stratify=digits.target,
        )
        return {
            "train": self._generate_examples(digits, sorted(train)),
            "test": self._generate_examples(digits, sorted(test)),
        }

    def _generate_examples(self, digits, rows):
        for row in rows:
            image = digits.images[row].astype("uint8")[..., None]
            key = f"{row:04d}"
            yield (
                key,
                {"id": key, "image": image, "label": int(digits.target[row])},
            )
