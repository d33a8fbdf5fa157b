"""How components use Beam: pinned runner, shards as elements."""

PINNED_RUNNER = "FnApiRunner"


def pipeline(args=()):
    """Returns a Beam pipeline on the pinned runner, unless `args` name one.

    `DirectRunner` may fetch another runner from the internet, and its
    `multi_threading` mode was measured to lose records; both are refused.

    Args:
        args: Beam's command-line options, such as `("--runner=FlinkRunner",)`.

    Raises:
        ValueError: If the options ask for `multi_threading`.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    args = list(args)
    if any("multi_threading" in arg for arg in args):
        raise ValueError(
            "Beam's direct_running_mode=multi_threading loses records on "
            "grouped and sharded writes and still reports success. Use "
            "in_memory (the default) or multi_processing."
        )
    if not any(arg.startswith("--runner") for arg in args):
        args.append(f"--runner={PINNED_RUNNER}")
    return beam.Pipeline(options=PipelineOptions(args))
