"""What running the files told, as rows: times, memory, layers, delegates."""

from tfkd.report import formats

SETTINGS = {
    "threads_1": "1 thread",
    "threads_2": "2 threads",
    "threads_1_no_xnnpack": "1 thread, without XNNPACK",
}
WORST_LAYERS = 5
REFERENCE = "float32"


def content(infra):
    """Builds what the page shows of the judged file.

    Args:
        infra: `infra_validation.json`, or `None`.

    Returns:
        `None` without it, else `variant`, `facts` (pairs of text), `times`
        (rows of text) and `layers` (the worst first).
    """
    if infra is None:
        return None
    judged = infra["files"][infra["variant"]]
    return {
        "variant": infra["variant"],
        "facts": _facts(judged),
        "times": _times(judged, infra["files"][REFERENCE]),
        "layers": [
            {
                "layer": row["layer"],
                "op": row["op"],
                "sqnr": f"{row['sqnr_db']:.1f}",
            }
            for row in judged.get("layer_errors", [])[:WORST_LAYERS]
        ],
    }


def _facts(judged):
    operations = ", ".join(
        f"{count} {name}" for name, count in judged["operations"].items()
    )
    return [
        ("Operations", operations),
        ("Touch a float", ", ".join(judged["float_ops"]) or "none"),
        (
            "Left to the CPU by the GPU delegate (advice)",
            ", ".join(judged["gpu_rejects"]) or "none",
        ),
        (
            "Memory to load and run it",
            f"{formats.kibibytes(judged.get('memory_bytes'))} KiB",
        ),
    ]


def _times(judged, reference):
    rows = []
    for setting, name in SETTINGS.items():
        times = judged.get("latency_ms", {}).get(setting)
        if times is None:
            continue
        base = reference["latency_ms"][setting]["median"]
        rows.append(
            {
                "setting": name,
                "median": formats.milliseconds(times["median"]),
                "p90": formats.milliseconds(times["p90"]),
                "ratio": f"{times['median'] / base:.2f}",
            }
        )
    return rows
