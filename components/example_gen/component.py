"""Declares `ExampleGen`."""

from tfkd.components.base import artifacts
from tfkd.components.base import component
from tfkd.components.base import spec
from tfkd.data import source as source_lib
from tfkd.errors import InputError


class ExampleGenSpec(spec.ComponentSpec):
    """Channels and parameters of `ExampleGen`."""

    PARAMETERS = {
        "source": spec.ExecutionParameter(dict),
        "num_shards": spec.ExecutionParameter(int, True, 2),
    }
    OUTPUTS = {"examples": spec.ChannelParameter(artifacts.Examples)}


class ExampleGen(component.BaseComponent):
    """Brings images into `Split-train/`, `Split-eval/` and `Split-test/`.

    A missing test split is taken from train, then a missing eval split:
    stratified by class and by the hash of the example's id, so independent of
    the order; copies of an image stay in one split.

    Args:
        source: One of
            {"kind": "tfds", "name": "digits", "fashion_mnist" or any builder,
            "data_dir", "download" (False), "path" (Fashion-MNIST's files),
            "class_names", "image_size"};
            {"kind": "image_folder", "path", "image_size": [height, width],
            "channels" (3), "name"};
            {"kind": "tfrecord", "pattern": a glob or {split: glob},
            "features": {"image", "label", "id"}, "image_encoding":
            "raw_uint8", "raw_float32", "encoded" or "float_list",
            "image_shape": [height, width, channels], "class_names",
            "value_range", "name"}.
            Each may have "eval_fraction" (0.15), "test_fraction" (0.2) and
            "max_examples" a split (an integer or {split: integer}).
            "path" of a folder and "pattern" may have spans, such as
            "data/span-{SPAN}" (see `tfkd.data.spans`): "span" is then the
            last one to read, instead of the newest, and "num_spans" how many
            up to it. Only new or changed ones are processed.
        num_shards: Files a split; with spans, a span and split.

    Raises:
        InputError: If the source is not valid or its files do not exist.
    """

    SPEC_CLASS = ExampleGenSpec
    EXECUTOR = "tfkd.components.example_gen.executor.Executor"
    CACHE_PACKAGES = ("tensorflow", "tensorflow-datasets")

    def __init__(self, *, source, num_shards=2):
        super().__init__(ExampleGenSpec(source=source, num_shards=num_shards))
        if num_shards < 1:
            raise InputError(
                f"num_shards must be at least 1, received {num_shards}."
            )
        source_lib.check(source)

    def external_fingerprint(self):
        """Returns a summary of the files outside the pipeline it reads."""
        return source_lib.fingerprint(self.exec_properties["source"])
