"""The command `tfkd inspect`: what is inside a `.tflite` file."""

import json
import pathlib

from tfkd.errors import InputError
from tfkd.export import listing
from tfkd.export import xnnpack
from tfkd.export.inspect import inspect


def add_parser(commands):
    """Adds `inspect` to the commands of an argument parser.

    Args:
        commands: What `add_subparsers` returned.
    """
    parser = commands.add_parser(
        "inspect",
        help="operations, types and sizes of a .tflite file",
        description="Tells the operations of a .tflite file, their layers, "
        "types, sizes and costs, and what delegates would not take.",
        allow_abbrev=False,
    )
    parser.add_argument("file", metavar="FILE", help="a .tflite file")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--html", metavar="PAGE", help="draw it, and write the page there"
    )
    parser.set_defaults(action=_inspect)


def _inspect(arguments):
    contents = inspect(arguments.file)
    taken = xnnpack.taken(arguments.file)
    if arguments.html:
        _write(arguments, contents, taken)
    if arguments.json:
        found = {"indices": sorted(taken.indices), "unchecked": taken.unchecked}
        print(json.dumps({**contents.details(), "xnnpack": found}, indent=1))
    elif arguments.html:
        print(f"{arguments.html} shows {arguments.file}.")
    else:
        print(contents)
        print("\n".join(["", *_left(contents, taken)]))


def _write(arguments, contents, taken):
    try:
        from tfkd.report import inspection

        name = pathlib.Path(arguments.file).name
        page = inspection.render(name, contents, taken)
        pathlib.Path(arguments.html).write_text(page, encoding="utf-8")
    except ImportError as error:
        raise InputError(
            f"--html needs the package {error.name}, which is not installed. "
            "Install tfkd with it: pip install 'tfkd[report]'."
        ) from error
    except OSError as error:
        raise InputError(
            f"--html={arguments.html} must be a file that can be written: "
            f"{error.strerror}. Choose another place."
        ) from error


def _left(contents, taken):
    if taken.unchecked:
        return [f"XNNPACK: not checked: {taken.unchecked}"]
    return listing.own_kernels(contents, taken.indices)
