"""The command `tfkd`: methods, runs, files; without TensorFlow."""

import argparse
import json
import shutil
import sys
import textwrap

from tfkd import methods
from tfkd.errors import InputError
from tfkd.errors import closest
from tfkd.methods import example
from tfkd.pipelines import command_line
from tfkd.pipelines import inspect_cli
from tfkd.pipelines import metadata_cli
from tfkd.pipelines import workers

COLUMNS = ("key", "section", "table", "status", "summary")
STATUSES = ("faithful", "simplified", "planned", "commentary")


def main(argv=None):
    """Runs `tfkd ...`.

    Args:
        argv: Arguments without the program's name; `sys.argv` if absent.

    Returns:
        Exit code: 0, 1 for a user's mistake, 130 when interrupted.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    if argv[:1] == ["run"]:
        from tfkd.pipelines import run

        return run.main(["tfkd run", *argv[1:]])
    try:
        if argv[:1] == ["diagnose"]:
            from tfkd.pipelines import diagnose_cli

            return diagnose_cli.main(argv[1:])
        arguments = _parser().parse_args(argv)
        arguments.action(arguments)
    except InputError as error:
        print(f"tfkd: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ntfkd: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # `tfkd methods | head` closed the pipe; say nothing more.
        sys.stderr.close()
    return 0


def _parser():
    parser = command_line.ArgumentParser(
        prog="tfkd",
        description="Knowledge distillation for Keras: from the papers to "
        "the phone.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    listing = commands.add_parser(
        "methods",
        help="list the survey's methods, or explain one",
        description="Lists the methods; with KEY, explains one: equation, "
        "paper, arguments, example.",
        allow_abbrev=False,
    )
    listing.add_argument("key", nargs="?", metavar="KEY", help="a method")
    listing.add_argument(
        "--json", action="store_true", help="print JSON instead of text"
    )
    listing.add_argument(
        "--all",
        action="store_true",
        help="list also works that the survey names in passing",
    )
    listing.set_defaults(action=_methods)
    inspect_cli.add_parser(commands)
    metadata_cli.add_parser(commands, argparse.RawDescriptionHelpFormatter)
    workers.add_parser(commands)
    commands.add_parser(
        "run", help="run a pipeline: see `tfkd run --help`", add_help=False
    )
    commands.add_parser(
        "diagnose",
        help="why a distillation helps or not: see `tfkd diagnose --help`",
        add_help=False,
    )
    return parser


def _methods(arguments):
    rows = methods.catalogue()
    if arguments.key:
        return _explain(arguments.key, rows, arguments.json)
    shown = rows if arguments.all else [r for r in rows if _done(r)]
    if arguments.json:
        print(json.dumps(shown, indent=1, sort_keys=True))
        return None
    for line in table(shown, shutil.get_terminal_size((100, 24)).columns):
        print(line)
    print()
    print(_counts(rows, len(shown)))
    return None


def _done(row):
    return row["status"] in ("faithful", "simplified")


def _counts(rows, shown):
    counts = [
        f"{sum(row['status'] == status for row in rows)} {status}"
        for status in STATUSES
    ]
    more = "" if shown == len(rows) else " `tfkd methods --all` lists them."
    return (
        f"{len(rows)} works of the survey: {', '.join(counts)}.{more}\n"
        "`tfkd methods KEY` explains one."
    )


def table(rows, width):
    """Returns rows as aligned lines of at most `width` characters."""
    cells = [COLUMNS] + [
        tuple(" ".join(str(row[name] or "-").split()) for name in COLUMNS)
        for row in rows
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(len(COLUMNS))]
    used = sum(widths[:-1]) + 2 * (len(COLUMNS) - 1)
    widths[-1] = max(width - used, 20)
    return [
        "  ".join(
            _cut(cell, limit).ljust(limit) for cell, limit in zip(row, widths)
        ).rstrip()
        for row in cells
    ]


def _cut(text, limit):
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _explain(key, rows, as_json):
    row = next((row for row in rows if row["key"] == key), None)
    if row is None:
        near = closest(key, [row["key"] for row in rows])
        raise InputError(
            f"There is no method named {key!r}. Closest: {', '.join(near)}. "
            "`tfkd methods --all` lists them."
        )
    if not _done(row):
        details = {"arguments": {}, "doc": row["mechanism"]}
    else:
        method = methods.get(key)
        details = {"arguments": method.arguments, "doc": method.doc}
        details["build_doc"] = method.build_doc
    if as_json:
        print(json.dumps({**row, **details}, indent=1, sort_keys=True))
        return
    print(f"{key} ({row['status']}; {row['first_author_year']})\n")
    if not _done(row):
        print(textwrap.fill(details["doc"], 79))
        print(f"\nEquation:  {row['loss']}")
        print(f"Paper:     {row['citation']}")
        print(f"Survey:    Sec {row['survey_section']}, ref [{row['ref']}]")
        in_passing = row["status"] == "commentary"
        told = "The survey names it in passing; there is nothing to run here."
        print(f"\n{told if in_passing else 'Not implemented yet.'}")
        return
    print(details["doc"])
    if row["simplified"]:
        print(f"\nSimplified: {row['simplified']}")
    print("\nArguments:")
    for name, (kind, default) in details["arguments"].items():
        print(
            f"    {name}: {kind or 'any'}" + (f" = {default}" * bool(default))
        )
    print(f"\n{details['build_doc']}\n\nExample:\n")
    print(textwrap.indent(example.example(methods.get(key)), "    "))


if __name__ == "__main__":
    sys.exit(main())
