"""What a `.tflite` file says about itself: a JSON buffer and its labels.

The JSON is a named metadata buffer of the flatbuffer. The labels are a zip
archive after its end, where TFLite's own metadata tools look for them; any
unzip program shows them. Those of Android take the archive's offsets from the
start of the file, so that is where they count from. Runtimes ignore both.
"""

import io
import json
import zipfile

import numpy as np

from tfkd.errors import InputError
from tfkd.export import litert
from tfkd.export.graph import parse

BUFFER_NAME = "tfkd"
LABELS_NAME = "labels.txt"
# TFLite's schema asks for it: constants are mapped and read in 16s. The
# schema's Python classes forget it when they write.
_ALIGNMENT = 16
_FILE_IDENTIFIER = b"TFL3"


def embed(content, metadata, labels):
    """Returns a `.tflite` file's bytes with metadata and labels added.

    Args:
        content: Bytes of a `.tflite` file without labels.
        metadata: What can be written as JSON.
        labels: Class names, in the order of the outputs.

    Raises:
        InputError: If a label is empty, repeated or has a line break.
    """
    check_labels(labels)
    text = json.dumps(metadata, sort_keys=True).encode()
    return _with_archive(_with_buffer(content, text), labels)


def read(path):
    """Returns the metadata that `embed` wrote.

    Raises:
        InputError: If the file has none.
    """
    model = parse(litert.read_file(path))
    for entry in [] if model.metadata is None else model.metadata:
        if entry.name.decode() == BUFFER_NAME:
            return json.loads(bytes(model.buffers[entry.buffer].data))
    raise InputError(
        f"{path} carries no {BUFFER_NAME!r} metadata. Export it with the "
        "TFLiteExporter component."
    )


def read_labels(path):
    """Returns the class names that travel with a `.tflite` file.

    Raises:
        InputError: If the file has none.
    """
    content = io.BytesIO(litert.read_file(path))
    try:
        with zipfile.ZipFile(content) as archive:
            return archive.read(LABELS_NAME).decode().splitlines()
    except (zipfile.BadZipFile, KeyError) as error:
        raise InputError(
            f"{path} carries no {LABELS_NAME}. Export it with the "
            "TFLiteExporter component."
        ) from error


def check_labels(labels):
    """Refuses class names that a text file, one a line, cannot hold."""
    for index, label in enumerate(labels):
        if not label or label.splitlines() != [label]:
            raise InputError(
                "A class name must be one line of text, received "
                f"{label!r} for class {index}. Rename the class."
            )
    if len(set(labels)) != len(labels):
        raise InputError(
            f"Class names must differ, received {list(labels)}. Rename the "
            "repeated ones."
        )


def _with_buffer(content, data):
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    class AlignedBuffer(schema.BufferT):
        def Pack(self, builder):
            if self.data is None:
                return super().Pack(builder)
            content = bytes(self.data)
            builder.StartVector(1, len(content), _ALIGNMENT)
            builder.head -= len(content)
            builder.Bytes[builder.head : builder.head + len(content)] = content
            vector = builder.EndVector()
            schema.BufferStart(builder)
            schema.BufferAddData(builder, vector)
            return schema.BufferEnd(builder)

    model = parse(content)
    for buffer in model.buffers:
        buffer.__class__ = AlignedBuffer
    buffer, entry = AlignedBuffer(), schema.MetadataT()
    buffer.data = np.frombuffer(data, np.uint8)
    entry.name, entry.buffer = BUFFER_NAME, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(content) + len(data))
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _with_archive(content, labels):
    """Adds a zip archive; its entry has no time, so bytes repeat."""
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a") as archive:
        text = "".join(f"{label}\n" for label in labels)
        archive.writestr(zipfile.ZipInfo(LABELS_NAME), text)
    return stream.getvalue()
