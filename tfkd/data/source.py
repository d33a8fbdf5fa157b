"""What `ExampleGen`'s `source` may say, checked without TensorFlow."""

import contextlib
import glob
import hashlib
import importlib.metadata
import importlib.util
import os

from tfkd import errors
from tfkd.data import source_values
from tfkd.data import spans
from tfkd.errors import InputError

SPLITS = ("train", "eval", "test")
FASHION_MNIST_FOLDER = "/usr/share/datasets/fashion-mnist"
FASHION_MNIST_FILES = tuple(
    f"{stem}-{kind}.gz"
    for stem in ("t10k", "train")
    for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
)
FASHION_MNIST_HELP = (
    "Get Fashion-MNIST in one of two ways: `apt-get install "
    "dataset-fashion-mnist` (or set source.path to a folder with the same "
    "four files), or prepare TFDS's fashion_mnist where there is a network "
    "and set source.data_dir to its data_dir."
)
HASH_LIMIT = 256 << 20

_COMMON = ("kind", "name", "eval_fraction", "test_fraction", "max_examples")
KEYS = {
    "tfds": (*_COMMON, "data_dir", "download", "path", "class_names")
    + ("image_size",),
    "image_folder": (*_COMMON, *spans.CHOICE, "path", "image_size")
    + ("channels",),
    "tfrecord": (*_COMMON, *spans.CHOICE, "pattern", "features")
    + ("image_encoding", "image_shape", "class_names", "value_range"),
}
REQUIRED = {
    "tfds": ("name",),
    "image_folder": ("path", "image_size"),
    "tfrecord": ("pattern", "features", "image_encoding", "image_shape"),
}
ENCODINGS = ("raw_uint8", "raw_float32", "encoded", "float_list")


def check(source):
    """Checks a source as far as parameters and paths tell.

    Args:
        source: A dict with `kind` "tfds", "image_folder" or "tfrecord".

    Raises:
        InputError: If a key or value is wrong, or files do not exist.
    """
    kind = source.get("kind")
    if kind not in KEYS:
        raise errors.unknown("source kind", kind, KEYS)
    for key in source:
        if key not in KEYS[kind]:
            raise errors.unknown(f"key of a {kind} source", key, KEYS[kind])
    source_values.texts(source)
    source_values.class_names(source.get("class_names"))
    for key in REQUIRED[kind]:
        if not source.get(key):
            raise InputError(
                f"A source of kind {kind!r} must have {key!r}, received "
                f"{sorted(source)}. Add source.{key}."
            )
    source_values.fractions(source)
    source_values.max_examples(source.get("max_examples"), SPLITS)
    if kind in ("image_folder", "tfrecord"):
        spans.check(source)
        if spans.used(source):
            *_, (_, _, source) = spans.find(source)
    _CHECKS[kind](source)


def _check_tfds(source):
    source_values.numbers(source, "image_size", 2)
    data_dir = source.get("data_dir")
    own = source["name"] in ("digits", "fashion_mnist")
    if data_dir and not own and not source.get("download"):
        _must_be_folder("data_dir", data_dir)
    if source.get("path") is not None:
        if source["name"] != "fashion_mnist":
            raise InputError(
                "source.path is for name 'fashion_mnist' only, received it "
                f"with {source['name']!r}. Remove it."
            )
        _must_be_folder("path", source["path"])
    if source["name"] == "fashion_mnist":
        fashion_mnist_folder(source)
    if source["name"] == "digits" and not importlib.util.find_spec("sklearn"):
        raise InputError(
            "The digits come with scikit-learn, which is not installed. "
            "Install it: pip install 'tfkd[data]'."
        )


def fashion_mnist_folder(source):
    """Returns the folder of the four files; `None`: TFDS has the data.

    Raises:
        InputError: If Fashion-MNIST is nowhere; says how to get it.
    """
    folder = source.get("path") or FASHION_MNIST_FOLDER
    missing = [
        name
        for name in FASHION_MNIST_FILES
        if not os.path.isfile(os.path.join(folder, name))
    ]
    if not missing:
        return folder
    elsewhere = source.get("download") or glob.glob(
        f"{glob.escape(_prepared(source))}/*/dataset_info.json"
    )
    if elsewhere and not source.get("path"):
        return None
    raise InputError(
        f"Fashion-MNIST must be on this machine: {missing[0]} is not in "
        f"{folder}. {FASHION_MNIST_HELP}"
    )


def _prepared(source):
    """Returns the folder in which TFDS keeps a data set, of all versions."""
    data_dir = source.get("data_dir") or os.environ.get(
        "TFDS_DATA_DIR", "~/tensorflow_datasets"
    )
    # "name/config:1.0.0" is in name/config/1.0.0.
    name = source["name"].partition(":")[0]
    return os.path.join(os.path.expanduser(data_dir), name)


def _must_be_folder(key, path):
    if not os.path.isdir(path):
        raise InputError(
            f"source.{key} must be an existing folder, received {path!r}. "
            "Check the path."
        )


def _check_image_folder(source):
    _must_be_folder("path", source["path"])
    source_values.numbers(source, "image_size", 2)
    if source.get("channels", 3) not in (1, 3):
        raise InputError(
            "source.channels must be 1 (grey) or 3 (colour), received "
            f"{source['channels']!r}."
        )


def _check_tfrecord(source):
    encoding = source["image_encoding"]
    if encoding not in ENCODINGS:
        raise errors.unknown("image encoding", encoding, ENCODINGS)
    source_values.numbers(source, "image_shape", 3)
    channels = source["image_shape"][2]
    if encoding == "encoded" and channels not in (1, 3, 4):
        raise InputError(
            "source.image_shape must end with 1 (grey), 3 (colour) or 4 "
            "(with transparency) for image_encoding 'encoded', received "
            f"{channels} channels."
        )
    source_values.value_range(source.get("value_range"))
    if not isinstance(source["features"], dict):
        raise InputError(
            "source.features must be a dict from 'image' and 'label' to the "
            f"names of features, received {source['features']!r}."
        )
    for key in source["features"]:
        if key not in ("image", "label", "id"):
            raise errors.unknown("feature", key, ("image", "label", "id"))
    for key in ("image", "label"):
        if not source["features"].get(key):
            raise InputError(
                f"source.features must name the {key!r} feature of the "
                f"records, received {source['features']!r}."
            )
    tfrecord_files(source)


def tfrecord_files(source):
    """Returns split to the sorted files that its pattern matches.

    Raises:
        InputError: If a pattern matches nothing or a folder, a file is in two
            splits, or there is no train split.
    """
    patterns = source["pattern"]
    if isinstance(patterns, str):
        patterns = {"train": patterns}
    found = {}
    for split, pattern in patterns.items():
        if split not in SPLITS:
            raise errors.unknown("split", split, SPLITS)
        if pattern:
            found[split] = sorted(glob.glob(pattern, recursive=True))
            if not found[split]:
                raise InputError(
                    f"source.pattern of split {split!r} must match files, "
                    f"{pattern!r} matches none. Check the path."
                )
    if "train" not in found:
        raise InputError(
            "source.pattern must name the files of the 'train' split, "
            f"received {patterns!r}."
        )
    _check_files(found)
    return found


def _check_files(found):
    splits = {}
    for split, files in found.items():
        for path in files:
            if os.path.isdir(path):
                raise InputError(
                    f"source.pattern of split {split!r} must match files "
                    f"only, {path} is a folder. Write what their names end "
                    "with, as in '*.tfrecord'."
                )
            other = splits.setdefault(os.path.realpath(path), split)
            if other != split:
                raise InputError(
                    f"A file must be in one split, the patterns of {other!r} "
                    f"and of {split!r} both match {path}. Change one of them."
                )


def common_folder(files):
    """Returns the lowest folder, an absolute path, that has all files in it."""
    folders = [os.path.dirname(os.path.abspath(path)) for path in files]
    return os.path.commonpath(folders)


_CHECKS = {
    "tfds": _check_tfds,
    "image_folder": _check_image_folder,
    "tfrecord": _check_tfrecord,
}


def fingerprint(source):
    """Summarises the files a source reads, so that a cache sees changes.

    Returns:
        A JSON-able dict: one of these for each span; or a package and its
        version; or the number of files, their bytes, and a digest over
        relative names, sizes and contents (modification times instead of
        contents from 256 MiB).
    """
    if source["kind"] == "tfds" and source["name"] == "digits":
        return {"scikit-learn": importlib.metadata.version("scikit-learn")}
    if spans.used(source):
        return {name: fingerprint(one) for _, name, one in spans.find(source)}
    root, files = _files(source)
    sizes = {path: _size(path) for path in files}
    total = sum(sizes.values())
    digest = hashlib.sha256()
    for path in files:
        mark = _mark(path, total < HASH_LIMIT)
        name = os.path.relpath(path, root)
        digest.update(f"{name}\0{sizes[path]}\0{mark}\n".encode())
    return {"files": len(files), "bytes": total, "digest": digest.hexdigest()}


def _size(path):
    """Returns the bytes of a file.

    Raises:
        InputError: If a link leads nowhere or in a circle, or a name is no
            text.
    """
    with _readable(path):
        path.encode()
        return os.path.getsize(path)


def _mark(path, small):
    """Returns what changes with a file: its digest, or the time."""
    with _readable(path):
        if not small:
            return os.stat(path).st_mtime_ns
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _readable(path):
    try:
        yield
    except (OSError, UnicodeEncodeError) as error:
        shown = path.encode(errors="backslashreplace").decode()
        reason = getattr(error, "strerror", None) or "its name is not UTF-8"
        raise InputError(
            f"A file of the data must be readable, and {shown[:200]} is not: "
            f"{reason}. Repair, rename or remove it."
        ) from None


def _files(source):
    if source["kind"] == "tfrecord":
        files = sorted({f for s in tfrecord_files(source).values() for f in s})
        return common_folder(files), files
    if source["kind"] == "image_folder":
        root = source["path"]
    else:
        folder = None
        if source["name"] == "fashion_mnist":
            folder = fashion_mnist_folder(source)
        if folder:
            names = FASHION_MNIST_FILES
            return folder, [os.path.join(folder, name) for name in names]
        root = _prepared(source)
    found = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(root, followlinks=True)
        for name in names
    ]
    return root, sorted(found)
