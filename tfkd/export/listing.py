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


def own_kernels(contents, taken):
    """Returns what XNNPACK leaves to TFLite's own kernels, as lines.

    Args:
        contents: A `tfkd.export.inspect.Inspection`.
        taken: Positions of the operations that XNNPACK takes.
    """
    left = [
        (index, op)
        for index, op in enumerate(contents.operations)
        if index not in taken
    ]
    if not left:
        return ["XNNPACK: takes all operations, on this machine's CPU"]
    return [
        f"XNNPACK: leaves {len(left)} of {len(contents.operations)} operations "
        "to TFLite's own kernels, on this machine's CPU",
        *(_place(index, op) for index, op in left),
    ]


def _place(index, op):
    layers = f" ({', '.join(op.layers)})" if op.layers else ""
    return f"{index:5d} {op.name}{layers}"


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
        *(
            f"{_place(reject.index, reject)}: {reject.reason}"
            for reject in contents.gpu_rejects
        ),
    ]
