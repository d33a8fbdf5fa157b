"""Draws an inspected `.tflite` file as one self-contained HTML page."""

from tfkd.report import formats
from tfkd.report import templates


def render(name, contents, taken):
    """Writes the page.

    Args:
        name: Name of the file.
        contents: Its `tfkd.export.inspect.Inspection`.
        taken: What XNNPACK takes of it, a `tfkd.export.xnnpack.Taken`.

    Returns:
        HTML text without any external resource or script.
    """
    found = rows(contents, taken)
    return templates.render(
        "inspection.html",
        {"count": formats.count},
        title=name,
        contents=contents,
        kib=formats.kibibytes(contents.num_bytes),
        types=_types(contents),
        rows=found,
        floats=sum(row["float"] for row in found),
        folded=len(contents.operations) - len(found),
        taken=taken,
        own=[row for row in found if row["own"]],
    )


def rows(contents, taken):
    """Returns what is shown of each operation, in order.

    DEQUANTIZE of constants is left out: the bytes are those of its reader.
    """
    operations = contents.operations
    most_bytes = max((op.num_bytes for op in operations), default=0)
    most_macs = max((op.macs for op in operations), default=0)
    refused = {reject.index: reject.reason for reject in contents.gpu_rejects}
    found = []
    for index, op in enumerate(operations):
        if op.unpacks:
            continue
        above = found[-1]["index"] if found else None
        reads = [i for i in op.reads if not operations[i].unpacks]
        types = op.changes or op.outputs[:1]
        found.append(
            {
                "index": index,
                "name": op.name,
                "layers": ", ".join(op.layers),
                "float": op.touches_float,
                "types": types,
                "kinds": [_kind(name) for name in types]
                # One that writes a variable has no output.
                or ["float" if op.touches_float else "integer"],
                "shape": "×".join(map(str, op.shape)) or formats.ABSENT,
                "reads": reads if reads != [above] else [],
                "bytes": op.num_bytes,
                "bytes_part": _part(op.num_bytes, most_bytes),
                "weights": op.weights,
                "weights_kind": _kind(op.weights),
                "scales": op.quantization if op.constants else "",
                "macs": op.macs,
                "macs_part": _part(op.macs, most_macs),
                "refused": refused.get(index),
                "own": not taken.unchecked and index not in taken.indices,
            }
        )
    return found


def _part(value, most):
    return f"{100 * value / most:.1f}" if value else "0"


def _kind(name):
    return "float" if "FLOAT" in name else "integer"


def _types(contents):
    """Returns name, tensors and bytes of constants of each type."""
    return [
        {
            "name": name,
            "kind": _kind(name),
            "tensors": count,
            "bytes": contents.constants.get(name, 0),
        }
        for name, count in sorted(contents.dtypes.items())
    ]
