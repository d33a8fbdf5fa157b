"""Reads a folder of images: a sub-folder a class, perhaps below splits."""

import hashlib
import os
import unicodedata

import tensorflow as tf

from tfkd.data import orientation
from tfkd.data import readers
from tfkd.data import splits as splits_lib
from tfkd.data import tfds_reader
from tfkd.errors import InputError

SPLIT_NAMES = {
    "train": ("train",),
    "eval": ("eval", "val", "validation"),
    "test": ("test",),
}
SUFFIXES = (".png", ".jpg", ".jpeg")


class ImageFolderReader(readers.Reader):
    """Reader of `path/[train/]class/name.{png,jpg,jpeg}`."""

    def __init__(self, source, work_dir):
        super().__init__(source, work_dir)
        self._root = source["path"]
        self._folders = self._find_splits()
        # Split to class name to folder.
        self._class_folders = {
            split: _class_folders(os.path.join(self._root, folder))
            for split, folder in self._folders.items()
        }
        self._classes = list(self._class_folders["train"])
        for split, folder in self._folders.items():
            found = list(self._class_folders[split])
            if found != self._classes:
                raise InputError(
                    f"All splits of {self._root} must have the same class "
                    f"folders; train has {self._classes}, {folder} has "
                    f"{found}."
                )

    def check(self):
        if len(self._classes) < 2:
            raise InputError(
                f"{os.path.join(self._root, self._folders['train'])} must have "
                f"at least two class folders, it has {self._classes}. Put the "
                "images of each class into a folder of its own."
            )

    def _find_splits(self):
        present = _subfolders(self._root)
        if "train" not in present:
            return {"train": ""}
        known = {
            n: split for split, names in SPLIT_NAMES.items() for n in names
        }
        folders = {}
        for name in present:
            if name not in known or known[name] in folders:
                raise InputError(
                    f"{self._root} has a folder 'train', so its other folders "
                    f"must be one of eval, val, validation, and test; it has "
                    f"{present}. Move {name!r} elsewhere."
                )
            folders[known[name]] = name
        return folders

    def describe(self):
        height, width = self.source["image_size"]
        return {
            "image_shape": [height, width, self.source.get("channels", 3)],
            "image_dtype": "uint8",
            "value_range": (0, 255),
            "class_names": self._classes,
            "notes": "image folder",
        }

    def splits(self):
        return list(self._folders)

    def _files(self, split):
        """Returns (relative path, label) pairs, mixed by hash.

        Sorted by name, all images of a class would follow each other.
        """
        files = []
        for label, name in enumerate(self._class_folders[split].values()):
            folder = os.path.join(self._folders[split], name)
            found = _images(self._root, folder)
            files += [(f"{folder}/{file}", label) for file in found]
        order = splits_lib.hash_fractions([f for f, _ in files], "order")
        return [file for _, file in sorted(zip(order, files))]

    def rows(self, split):
        rows = readers.Rows([], [], [])
        for name, label in self._files(split):
            rows.keys.append(name)
            rows.labels.append(label)
            rows.digests.append(_digest(self._read(name)))
        return rows

    def images(self, split, positions):
        files = self._files(split)
        size = self.source["image_size"]
        channels = self.source.get("channels", 3)
        for position in positions:
            if position >= len(files):
                return
            name, _ = files[position]
            data = self._read(name)
            path = os.path.join(self._root, name)
            image = tf.constant(decode_image(data, channels, path))
            yield _digest(data), tfds_reader.resize(image, size).numpy()

    def _read(self, name):
        path = os.path.join(self._root, name)
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            raise readers.changed(name) from None
        except OSError as error:
            raise InputError(
                f"{path} must be readable, reading it gave: {error.strerror}. "
                "Allow it, or remove the file."
            ) from None


def _digest(data):
    return hashlib.sha256(data).hexdigest()


def decode_image(data, channels, name):
    """Decodes PNG or JPEG bytes to uint8 (height, width, channels).

    A photo is turned as its camera says, a PNG's transparency is dropped, and
    of 16 bits the upper 8 are kept.

    Raises:
        InputError: If they are something else; calls the image `name`.
    """
    try:
        image = _decode(data, channels)
    except (tf.errors.OpError, ValueError) as error:
        # Behind the operation's name and device.
        reason = str(error).splitlines()[0].rpartition("}} ")[2]
        raise InputError(
            f"{name} must be a PNG or JPEG image, it cannot be decoded "
            f"({len(data)} bytes): {reason} Replace or remove it."
        ) from None
    return orientation.upright(image, orientation.read(data))


def _decode(data, channels):
    decode = lambda n: tf.io.decode_image(  # noqa: E731
        data, channels=n, expand_animations=False
    )
    try:
        return decode(channels).numpy()
    except tf.errors.InvalidArgumentError:
        if channels != 1:
            raise
        # Some decoders know no grey, as that of JPEGs in CMYK.
        return tf.image.rgb_to_grayscale(decode(3)).numpy()


def check_names(names):
    """Refuses class names that differ by case or by spaces around them only.

    Single characters may: in a set of letters, "a" and "A" are two classes.

    Raises:
        InputError: If two names do.
    """
    alike = {}
    for name in names:
        text = name.strip().casefold()
        first = alike.setdefault(text, name)
        if first != name and len(text) > 1:
            raise InputError(
                "Class names must differ by more than case and spaces, there "
                f"are {first!r} and {name!r}. Join the two folders, or rename "
                "one of them."
            )


def _class_folders(path):
    """Returns class name to folder: systems spell accents in two ways."""
    folders = {}
    for folder in _subfolders(path):
        name = unicodedata.normalize("NFC", folder)
        other = folders.setdefault(name, folder)
        if other != folder:
            raise InputError(
                f"The folders {ascii(other)} and {ascii(folder)} in {path} "
                f"are both the class {name!r}. Join them."
            )
    check_names(folders)
    return dict(sorted(folders.items()))


def _subfolders(path):
    with os.scandir(path) as entries:
        names = [e.name for e in entries if e.is_dir()]
    return sorted(name for name in names if not name.startswith("."))


def _images(root, folder):
    names = sorted(os.listdir(os.path.join(root, folder)))
    names = [name for name in names if not name.startswith(".")]
    for name in names:
        path = os.path.join(root, folder, name)
        if not name.lower().endswith(SUFFIXES) or not os.path.isfile(path):
            raise InputError(
                f"A class folder must hold PNG and JPEG files only, {path} is "
                "none. Remove it, or convert it."
            )
    if not names:
        raise InputError(
            f"The class folder {os.path.join(root, folder)} must hold images, "
            "it is empty. Add images or remove the folder."
        )
    return names
