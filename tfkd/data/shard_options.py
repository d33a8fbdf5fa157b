"""Options of shard work that travel with Beam's own."""

from apache_beam.options.pipeline_options import PipelineOptions


class ShardOptions(PipelineOptions):
    """Beam finds these by being a subclass of its options."""

    @classmethod
    def _add_argparse_args(cls, parser):
        parser.add_argument(
            "--shard_start_timeout_s",
            type=float,
            default=600.0,
            help="Seconds within which a worker must begin with a shard.",
        )
