"""An inspected `.tflite` file as text, for a terminal."""

_COLUMNS = (
    "#",
    "operation",
    "type",
    "output",
    "bytes",
    "of",
    "scales",
    "MACs",
    "layers",
)
_NUMBERS = ("#", "bytes", "MACs")


def text(contents):
    """Returns operations, totals by type, and what a GPU delegate refuses.

    Args:
        contents: A `tfkd.export.inspect.Inspection`.
    """
    lines = [
        f"{contents.num_bytes:,} bytes, {len(contents.operations)} operations, "
        f"{contents.macs:,} multiply-accumulates"
    ]
    lines += ["", *_operations(contents)]
    lines += ["", "operations by name"]
    lines += [f"{n:5d} {name}" for name, n in contents.op_counts.items()]
    lines += ["", "tensors and bytes of constants by type"]
    lines += [
        f"{count:5d} {kind:8s} {contents.constants.get(kind, 0):,} bytes"
        for kind, count in sorted(contents.dtypes.items())
    ]
    return "\n".join([*lines, "", *_gpu(contents)])


def refusals(rejects):
    """Returns a line for each `Reject` of a delegate."""
    return [
        f"{reject.index:5d} {reject.name}"
        + (f" ({', '.join(reject.layers)})" if reject.layers else "")
        + f": {reject.reason}"
        for reject in rejects
    ]


def _operations(contents):
    shown = [
        (index, op)
        for index, op in enumerate(contents.operations)
        if not op.unpacks
    ]
    rows = [_COLUMNS, *(_row(index, op) for index, op in shown)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if name in _NUMBERS else cell.ljust(width)
            for cell, width, name in zip(row, widths, _COLUMNS, strict=True)
        ).rstrip()
        for row in rows
    ]
    folded = len(contents.operations) - len(shown)
    if folded:
        lines.append(
            f"{folded} DEQUANTIZE of constants are left out: their bytes are "
            "those of the operations that read them."
        )
    return lines


def _row(index, op):
    return (
        str(index),
        op.name,
        " > ".join(op.changes or op.outputs[:1]),
        "x".join(map(str, op.shape)),
        f"{op.num_bytes:,}" if op.constants else "",
        op.weights,
        op.quantization,
        f"{op.macs:,}" if op.macs else "",
        ", ".join(op.layers),
    )


def _gpu(contents):
    if not contents.gpu_rejects:
        return ["GPU delegate: refuses nothing, by its published rules"]
    return [
        f"GPU delegate: refuses {len(contents.gpu_rejects)} of "
        f"{len(contents.operations)} operations, by its published rules",
        *refusals(contents.gpu_rejects),
    ]
