"""How components use Beam: checked options, a pinned runner."""

import argparse
import importlib.util
import re

from tfkd.errors import InputError
from tfkd.errors import unknown

PINNED_RUNNER = "FnApiRunner"
_DASK = "apache_beam.runners.dask.dask_runner.DaskRunner"
_DATAFLOW_CLIENT = "apache_beam.runners.dataflow.internal.apiclient"
# Their job service defines further options, and only it knows them.
_OPEN_ENDED = ("flinkrunner", "portablerunner", "sparkrunner")
_AS_DEFAULT = (
    "Leave --runner out for FnApiRunner, which runs in this process; see "
    "docs/guides/beam.md for others."
)


def check(args):
    """Checks Beam's options before anything runs; quick without any.

    Args:
        args: Beam's command line, such as `("--runner=FlinkRunner",)`.

    Raises:
        InputError: If an option is unknown, or asks for what is known to
            lose records, to fetch programs, or to hang.
    """
    if not args:
        return
    for arg in args:
        if not re.match(r"--\w+(=|$)", arg):
            raise InputError(
                "A Beam option must look like --name=value, received "
                f"{arg!r}. Write --beam_pipeline_arg=--name=value."
            )
    _check_mode(args)
    _check_runner(args)
    _check_known(args)


def pipeline(args=()):
    """Returns a Beam pipeline on the pinned runner, unless `args` name one.

    Args:
        args: Beam's command line.

    Raises:
        InputError: If `check` refuses the options.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from tfkd.data import shard_options  # noqa: F401

    check(args)
    return beam.Pipeline(options=PipelineOptions(_completed(args)))


def _value(args, name):
    """Returns the last value of an option, `None` without one."""
    found = [arg.partition("=")[2] for arg in args if _name(arg) == name]
    return found[-1] if found else None


def _name(arg):
    return arg.partition("=")[0].removeprefix("--")


def _runner(args):
    """Returns the runner's name as Beam reads it: in lower case, at length."""
    name = (_value(args, "runner") or PINNED_RUNNER).lower()
    name = name.rpartition(".")[2]
    return name if name.endswith("runner") else f"{name}runner"


def _completed(args):
    """Returns the options with what our shards need of the runner."""
    if _value(args, "runner") is None:
        return [*args, f"--runner={PINNED_RUNNER}"]
    if _runner(args) != "daskrunner":
        return list(args)
    names = {_name(arg) for arg in args}
    # Beam does not know it by its name, and would put 128 shards together.
    args = [arg for arg in args if _name(arg) != "runner"]
    args.append(f"--runner={_DASK}")
    if not names & {"dask_npartitions", "dask_partition_size"}:
        args.append("--dask_partition_size=1")
    return args


def _check_mode(args):
    mode = _value(args, "direct_running_mode")
    if mode == "multi_threading":
        raise InputError(
            "Beam's direct_running_mode must not be multi_threading: it loses "
            "records on grouped and sharded writes and still reports success. "
            "Use in_memory (the default) or multi_processing."
        )
    workers = _value(args, "direct_num_workers")
    alone = _runner(args) == "fnapirunner" and mode != "multi_processing"
    if alone and workers not in (None, "1"):
        raise InputError(
            f"--direct_num_workers={workers} has no effect on one process. "
            "Add --beam_pipeline_arg=--direct_running_mode=multi_processing."
        )


def _check_runner(args):
    runner = _runner(args)
    given = {_name(arg) for arg in args}
    if runner in ("directrunner", "switchingdirectrunner"):
        raise InputError(
            "--runner must not be DirectRunner, which fetches another runner "
            f"from the internet and takes that. {_AS_DEFAULT}"
        )
    if runner == "prismrunner" and "prism_location" not in given:
        raise InputError(
            "--runner=PrismRunner needs --prism_location=FILE, or Beam fetches "
            f"the program from the internet. {_AS_DEFAULT}"
        )
    if runner == "portablerunner" and not _value(args, "job_endpoint"):
        raise InputError(
            "--runner=PortableRunner needs --job_endpoint=HOST:PORT, where a "
            f"Beam job service listens. {_AS_DEFAULT}"
        )
    if runner == "daskrunner":
        _check_dask(given)


def _check_dask(given):
    if importlib.util.find_spec("distributed") is None:
        raise InputError(
            "--runner=DaskRunner needs Dask, which is not installed. Install "
            "it with: pip install 'tfkd[dask]'"
        )
    if not given & {"dask_client_address", "dask_scheduler_file"}:
        raise InputError(
            "--runner=DaskRunner needs --dask_client_address=tcp://HOST:PORT "
            "of a running scheduler. Start one with `dask scheduler`, and its "
            "workers with `dask worker`."
        )


def _check_known(args):
    """Refuses options that Beam would ignore, with the closest known one."""
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.options.pipeline_options import StandardOptions

    from tfkd.data import shard_options  # noqa: F401

    runner, name = _runner(args), _value(args, "runner") or PINNED_RUNNER
    runners = [*StandardOptions.KNOWN_RUNNER_NAMES, "DaskRunner"]
    if "." not in name and runner not in map(str.lower, runners):
        raise unknown("Beam runner", name, runners)
    if runner == "daskrunner":
        importlib.import_module(_DASK.rpartition(".")[0])
    parser = argparse.ArgumentParser(
        add_help=False, allow_abbrev=False, exit_on_error=False
    )
    for kind in _subclasses(PipelineOptions):
        kind._add_argparse_args(parser)
    try:
        _, rest = parser.parse_known_args(list(args))
    except argparse.ArgumentError as error:
        raise InputError(f"Beam's options: {error}.") from None
    if rest and runner not in _OPEN_ENDED:
        known = re.findall(r"--(\w+)", parser.format_usage())
        raise unknown("Beam option", _name(rest[0]), known)
    _check_runner_is_complete(args)


def _check_runner_is_complete(args):
    """Asks Beam whether the runner is there and has the options it needs."""
    from apache_beam.options import pipeline_options
    from apache_beam.options import pipeline_options_validator
    from apache_beam.runners import runner

    options = pipeline_options.PipelineOptions(_completed(args))
    name = options.view_as(pipeline_options.StandardOptions).runner
    try:
        created = runner.create_runner(name)
        if _runner(args) == "dataflowrunner":
            importlib.import_module(_DATAFLOW_CLIENT)
    except (AttributeError, ImportError) as error:
        raise InputError(
            f"--runner={name} must be a runner that can be imported: {error}. "
            "Correct its name, or install what it needs, such as "
            "'apache-beam[gcp]'."
        ) from error
    # That of Dataflow asks Google's servers: not before the run begins.
    if _runner(args) != "dataflowrunner":
        validator = pipeline_options_validator.PipelineOptionsValidator
        for problem in validator(options, created).validate():
            raise InputError(f"Beam's options for {name}: {problem}")


def _subclasses(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from _subclasses(sub)
