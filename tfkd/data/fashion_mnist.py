"""Fashion-MNIST from its four files on disk."""

import gzip
import pathlib

import numpy as np
import tensorflow_datasets as tfds

from tfkd.data import source
from tfkd.errors import InputError

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

# TFDS has one of this name, which downloads; ours is used by its class.
with tfds.core.registered.skip_registration():

    class FashionMnist(tfds.core.GeneratorBasedBuilder):
        """Zalando's 60,000 + 10,000 grey images of 28x28 pixels.

        Reads local files, never the network.

        Args:
            path: Folder of the four idx .gz files; Debian's by default.
        """

        VERSION = tfds.core.Version("1.0.0")

        def __init__(self, *, path=source.FASHION_MNIST_FOLDER, **arguments):
            self._path = pathlib.Path(path)
            super().__init__(**arguments)

        def _info(self):
            names = list(CLASS_NAMES)
            return tfds.core.DatasetInfo(
                builder=self,
                description="28x28 grey images of ten kinds of clothes.",
                features=tfds.features.FeaturesDict(
                    {
                        "id": tfds.features.Text(),
                        "image": tfds.features.Image(shape=(28, 28, 1)),
                        "label": tfds.features.ClassLabel(names=names),
                    }
                ),
                supervised_keys=("image", "label"),
                homepage="https://github.com/zalandoresearch/fashion-mnist",
                license="MIT",
            )

        def _split_generators(self, dl_manager):
            return {
                "train": self._generate_examples("train"),
                "test": self._generate_examples("t10k"),
            }

        def _generate_examples(self, stem):
            images = read_idx(self._path / f"{stem}-images-idx3-ubyte.gz")
            labels = read_idx(self._path / f"{stem}-labels-idx1-ubyte.gz")
            if len(images) != len(labels):
                raise InputError(
                    f"{self._path} must hold as many {stem} labels as images, "
                    f"there are {len(labels)} and {len(images)}. Replace the "
                    "files by the original ones."
                )
            for row, (image, label) in enumerate(zip(images, labels)):
                key = f"{stem}-{row:05d}"
                yield (
                    key,
                    {"id": key, "image": image[..., None], "label": int(label)},
                )


def read_idx(path):
    """Reads a gzipped idx file of unsigned bytes.

    Returns:
        A uint8 array with the shape that the file states.

    Raises:
        InputError: If the file is missing or damaged.
    """
    try:
        with gzip.open(path) as file:
            data = file.read()
    except (OSError, EOFError) as error:
        raise InputError(
            f"{path} must be a gzipped idx file; reading it gave: {error}. "
            f"{source.FASHION_MNIST_HELP}"
        ) from None
    # Two zero bytes, type (8: unsigned byte), dimensions; then each dimension.
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise InputError(
            f"{path} must be an idx file of unsigned bytes, it starts with "
            f"{data[:4]!r}. {source.FASHION_MNIST_HELP}"
        )
    header = 4 + 4 * data[3]
    shape = tuple(np.frombuffer(data[4:header], ">u4").astype(int))
    if len(data) - header != int(np.prod(shape)):
        raise InputError(
            f"{path} must hold {int(np.prod(shape))} bytes for shape {shape}, "
            f"it holds {len(data) - header}. {source.FASHION_MNIST_HELP}"
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
