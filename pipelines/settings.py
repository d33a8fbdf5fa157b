"""The command line: flags and a locked config, checked without TensorFlow."""

import ast
import importlib.util
import os

from absl import flags
from ml_collections import config_dict
from ml_collections import config_flags

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.pipelines import overrides as override_checks
from tfkd.pipelines import shorts
from tfkd.training import devices

RUNNERS = ("beam", "local")
# Builders get these from the pipeline, not from `arguments`.
GIVEN = ("input_shape", "num_classes", "scale", "offset", "teacher", "student")
TYPES = {"bool": bool, "float": float, "int": int, "str": str, "tuple": tuple}


def define_flags():
    """Returns fresh flags; nothing is kept in absl's global ones."""
    values = flags.FlagValues()
    options = {"flag_values": values}
    for name, text in (
        (
            "pipeline_root",
            "Directory of everything that the run writes. Required.",
        ),
        (
            "metadata_path",
            "SQLite file of the metadata; PIPELINE_ROOT/metadata.sqlite if "
            "absent.",
        ),
    ):
        flags.DEFINE(override_checks.PathParser(), name, None, text, **options)
    flags.DEFINE_enum(
        "runner",
        "beam",
        RUNNERS,
        "What runs the components: Beam, or a plain loop for debugging.",
        **options,
    )
    flags.DEFINE_multi_string(
        "beam_pipeline_arg",
        [],
        "An option of Beam's, such as --runner=FlinkRunner. May be repeated.",
        **options,
    )
    flags.DEFINE_enum(
        "strategy",
        "auto",
        devices.STRATEGIES,
        "Where models are trained: auto takes a GPU if there is one.",
        **options,
    )
    shorts.define(values)
    for name, text in (
        (
            "force_nodes",
            "Components to run even if cached, such as Evaluator,Reporter.",
        ),
        (
            "from_nodes",
            "Components to begin with; what they wait for must be finished.",
        ),
        ("to_nodes", "Components to end with; what follows is left out."),
    ):
        flags.DEFINE_list(name, [], text, **options)
    flags.DEFINE_multi_string(
        "timeout_s",
        [],
        "Seconds that a component may take, or COMPONENT=SECONDS for one. "
        "What takes longer is stopped and has failed. May be repeated.",
        **options,
    )
    flags.DEFINE_multi_string(
        "sweep",
        [],
        "FIELD=VALUE,VALUE,... of the config, one run a value; repeated, "
        "every combination. `config` takes the points of the config's "
        "sweep().",
        **options,
    )
    flags.DEFINE_string(
        "run_id",
        None,
        "Name of the run in the metadata; date and time if absent.",
        **options,
    )
    for name, text in (
        (
            "resume",
            "Run the config of the last run in PIPELINE_ROOT again, or that "
            "of --run_id; without --config.",
        ),
        ("dry_run", "Print the checked pipeline and what is cached; run none."),
        ("no_cache", "Run every component, whatever is cached."),
        ("explain_cache", "Say for each component why it ran."),
        ("quiet", "Print nothing but errors and the outcome."),
        ("help", "Print this help; with --config also the config's fields."),
    ):
        flags.DEFINE_boolean(name, False, text, **options)
    return values


def parse(argv):
    """Parses a command line.

    Args:
        argv: Program name and arguments, as in `sys.argv`.

    Returns:
        `(values, config, overrides)`: the flags; the locked `ConfigDict`,
        `None` if none was given; a dict of the fields that were overridden.

    Raises:
        InputError: If a flag, a field, a value or the config file is wrong.
    """
    values = define_flags()
    try:
        argv = values.read_flags_from_files(list(argv), force_gnu=False)
        path, argv = _take_config(argv)
        if path is None:
            # So that --confg suggests --config.
            flags.DEFINE_string("config", None, "", flag_values=values)
            _refuse_rest(values(argv))
            return values, None, {}
        config = load(path)
        opened, argv = override_checks.leave_open(config, argv)
        _complete(config, argv, opened)
        _check_fields(config, argv)
        config_flags.DEFINE_config_dict(
            "config", config, flag_values=values, sys_argv=argv
        )
        before = config.copy_and_resolve_references()
        _refuse_rest(values(argv))
    except UnicodeDecodeError as error:
        raise InputError(
            f"A flagfile must be text in UTF-8, which one is not ({error})."
        ) from error
    except flags.Error as error:
        text = str(error).removeprefix("ERROR:: ").replace(" ?", "?")
        raise InputError(f"{text.rstrip('.')}. See --help.") from error
    overrides = {
        field: value.to_dict() if hasattr(value, "to_dict") else value
        for field, value in values["config"].override_values.items()
    }
    overrides |= dict.fromkeys(opened)
    override_checks.check_tuples(flatten(before), overrides)
    config = values.config
    overrides |= shorts.apply(values, config, overrides)
    return values, config, overrides


def _take_config(argv):
    """Takes the last `--config=...` out of the arguments."""
    path, rest = None, []
    arguments = iter(argv)
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name in ("--config", "-config"):
            path = value if equals else next(arguments, "")
        else:
            rest.append(argument)
    return path, rest


def _refuse_rest(rest):
    if rest[1:]:
        raise InputError(
            "All arguments must be flags such as --pipeline_root=DIR, "
            f"received {rest[1]!r}. See --help."
        )


def load(path):
    """Loads `file.py` or `file.py:mode` and calls its `get_config`.

    Raises:
        InputError: If there is no such file or it holds no usable config.
    """
    file, _, mode = path.partition(":")

    def call(module):
        return module.get_config(mode) if mode else module.get_config()

    config = _from_file(path, file, call)
    if not isinstance(config, config_dict.ConfigDict):
        raise InputError(
            f"get_config() in {file} must return a ConfigDict, it returned "
            f"{type(config).__name__}. Start from "
            "tfkd.configs.common.default()."
        )
    return config


def sweep_of(argv):
    """Returns what `sweep()` in the config's file gives: a list of dicts.

    Args:
        argv: The command line.

    Raises:
        InputError: If the config has no usable `sweep`.
    """
    path, _ = _take_config(define_flags().read_flags_from_files(list(argv)))
    file = path.partition(":")[0]
    points = _from_file(path, file, lambda module: module.sweep())
    points = list(points or ())
    if not points or not all(isinstance(point, dict) for point in points):
        raise InputError(
            f"sweep() in {file} must return a list of dicts, each from config "
            f"field to value, it returned {points!r}."
        )
    return points


def _from_file(path, file, call):
    """Runs a user's file and returns what `call(module)` does."""
    if not os.path.isfile(file):
        raise InputError(
            f"--config must be an existing Python file, received {file!r}. "
            "Try configs/quickstart.py."
        )
    spec = importlib.util.spec_from_file_location("tfkd_user_config", file)
    if spec is None:
        raise InputError(f"--config must end in .py, received {file!r}.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        return call(module)
    # Whatever the user's file raises is told in one line.
    except (Exception, SystemExit) as error:
        raise InputError(
            f"--config={path} could not be loaded: {type(error).__name__}: "
            f"{error}"
        ) from error


def _complete(config, argv, opened):
    """Fills in the arguments of the methods and models that are named."""
    for owner, key, signature in (
        ("distillation", "method", methods.signature),
        ("student", "name", zoo_signature),
        ("teacher.model", "name", zoo_signature),
    ):
        block = config
        for part in owner.split("."):
            block = block.get(part, config_dict.ConfigDict())
        if key in block and "arguments" in block:
            chosen = _last(argv, f"config.{owner}.{key}")
            if f"{owner}.{key}" in opened:
                chosen = ""
            elif chosen is None:
                chosen = block[key]
            # Emptied to make room for another way to get a model.
            arguments = signature(chosen) if chosen else {}
            _fill(f"{owner}.arguments", block, key, chosen, arguments)


def _last(argv, flag):
    """Returns the last value that a flag has in the arguments."""
    value = None
    for argument, following in zip(argv, [*argv[1:], None]):
        name, equals, given = argument.lstrip("-").partition("=")
        if argument.startswith("-") and name == flag:
            value = given if equals else following
    return value


def _fill(path, block, key, chosen, signature):
    if chosen is None:
        return
    own = block.arguments if block[key] == chosen else {}
    arguments = config_dict.ConfigDict()
    for name, (kind, default) in signature.items():
        if name not in GIVEN:
            arguments[name] = _field(kind, default)
    for name, value in own.items():
        if name not in arguments:
            raise unknown(f"argument of {chosen} (in {path})", name, arguments)
        arguments[name] = value
    block.arguments = arguments


def _field(kind, default):
    """Returns a field's value from source text; one without is left open."""
    try:
        value = ast.literal_eval(default)
    except (SyntaxError, ValueError):
        value = None
    if value is not None:
        return value
    # "int | None" takes integers; what no type says takes any literal.
    kinds = [TYPES[name] for name in kind.split(" | ") if name in TYPES]
    return config_dict.placeholder(kinds[0] if len(kinds) == 1 else object)


def zoo_signature(name):
    """Returns a zoo model's arguments as `methods.signature` does.

    Keras is not imported.
    """
    if name not in models.names():
        raise unknown("zoo model", name, models.names())
    source = importlib.util.find_spec(f"tfkd.models.{name}").origin
    with open(source, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    build = next(
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "build"
    )
    return {
        argument.arg: (
            ast.unparse(argument.annotation) if argument.annotation else "",
            ast.unparse(default) if default else "",
        )
        for argument, default in zip(
            build.args.kwonlyargs, build.args.kw_defaults
        )
    }


def flatten(config, prefix=""):
    """Returns dotted field to value for every leaf of a config."""
    fields = {}
    for key in config:
        value = config[key]
        if isinstance(value, config_dict.ConfigDict):
            fields |= flatten(value, f"{prefix}{key}.")
        else:
            fields[prefix + key] = value
    return fields


def _check_fields(config, argv):
    known = flatten(config)
    for argument in argv[1:]:
        name = argument.lstrip("-").partition("=")[0]
        if not argument.startswith("-"):
            continue
        if name.startswith("noconfig."):
            name = name.removeprefix("no")
        if not name.startswith("config."):
            continue
        field = name.removeprefix("config.")
        whole = any(other.startswith(f"{field}.") for other in known)
        if field not in known and not whole:
            raise unknown(
                "config field",
                field,
                known,
                "With --config, --help lists all fields.",
            )


def help_text(values, config):
    """Returns the flags, and the fields of the config if there is one."""
    lines = ["Flags:", "  --config=FILE.py[:MODE]"]
    lines.append(
        "      The experiment; the file says its modes, such as quick."
    )
    names = {name for name in values if name != "config"}
    for name in sorted(names, key=lambda name: (name == "help", name)):
        if name.startswith("config."):
            continue
        flag = values[name]
        switch = flag.boolean
        lines.append(f"  --{name}" + ("" if switch else "=" + _hint(flag)))
        text = " ".join(flag.help.split()).removeprefix(f"<{_hint(flag)}>: ")
        lines.append(f"      {text.partition('; repeat this option')[0]}")
    lines += ["  --flagfile=FILE", "      Reads flags from a file, # comments."]
    lines += [
        "  --config.FIELD=VALUE",
        "      Overrides a field; None leaves one open that may be.",
    ]
    if config is not None:
        lines += ["", "Fields of this config:"]
        lines += [
            f"  --config.{field}={'' if value is None else value}"
            for field, value in flatten(config).items()
        ]
    return "\n".join(lines)


def _hint(flag):
    if isinstance(flag.parser, flags.EnumParser):
        return "|".join(flag.parser.enum_values)
    return "N" if flag.flag_type() == "int" else "TEXT"
