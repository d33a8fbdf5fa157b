"""Bounds on a `.tflite` file: what it needs of a device, and what it uses.

Ratios are to the float32 file of the same student, measured in the same run.
"""

from tfkd.metrics.gates import Among
from tfkd.metrics.gates import Nothing
from tfkd.metrics.gates import Number

# Decibels; float32 itself ends at about 150.
NOTHING_LOST = 200.0


def _ratio(setting, statistic):
    def value(measured):
        judged, reference = (
            measured[name]["latency_ms"][setting][statistic]
            for name in ("judged", "reference")
        )
        return judged / reference

    return value


def _worst_layer(measured):
    rows = measured["judged"]["layer_errors"]
    return min((row["sqnr_db"] for row in rows), default=NOTHING_LOST)


_SLOW = (
    "The file is too slow beside float32 on this machine. Look for float "
    "islands and QUANTIZE operations with `tfkd inspect`; on very small "
    "models the conversion of input and output dominates."
)
_LARGE = (
    "The file is too large. Use fewer filters or layers, depthwise separable "
    "convolutions, or a recipe of fewer bits; pruned and clustered files are "
    "smaller once gzipped."
)

GATES = {
    "max_bytes": Number(
        low=1, value=lambda measured: measured["judged"]["bytes"], help=_LARGE
    ),
    "max_gzip_bytes": Number(
        low=1,
        value=lambda measured: measured["judged"]["gzip_bytes"],
        help=_LARGE,
    ),
    "max_memory_bytes": Number(
        low=1,
        value=lambda measured: measured["judged"]["memory_bytes"],
        help="Running the file takes too much memory. Make images smaller or "
        "early layers narrower: their activations are the largest.",
    ),
    "max_latency_ratio": Number(
        value=_ratio("threads_1", "median"), help=_SLOW
    ),
    "max_latency_p90_ratio": Number(
        value=_ratio("threads_1", "p90"), help=_SLOW
    ),
    "max_latency_ratio_2_threads": Number(
        value=_ratio("threads_2", "median"), help=_SLOW
    ),
    "max_latency_ratio_no_xnnpack": Number(
        value=_ratio("threads_1_no_xnnpack", "median"), help=_SLOW
    ),
    "min_layer_sqnr_db": Number(
        low=-NOTHING_LOST,
        high=NOTHING_LOST,
        value=_worst_layer,
        help="Quantization distorts a layer too much; infra_validation.json "
        "lists all, the worst first. Keep it in float (variant "
        "int8_selective), or train with quantization (recipe int8_qat) and "
        "bound max_accuracy_drop, since such a file shares no layer's name "
        "with the float one.",
    ),
    "integer_only": Nothing(
        value=lambda measured: measured["judged"]["float_ops"],
        help="An accelerator for integers refuses these operations. Replace "
        "their layers, or push another variant.",
    ),
    "gpu_compatible": Nothing(
        value=lambda measured: measured["judged"]["gpu_rejects"],
        help="The GPU delegate leaves these operations to the CPU. Replace "
        "their layers, or ask for less.",
    ),
    "allowed_ops": Among(
        value=lambda measured: measured["judged"]["operations"],
        help="The target's runtime does not have these operations. Replace "
        "their layers, or list them.",
    ),
}
