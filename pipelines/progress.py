"""Shows a run: a live table on a terminal, plain lines elsewhere."""

import contextlib
import os
import sys
import time

import rich.console
import rich.live
import rich.table
import rich.text

from tfkd.pipelines import results

_WAITING = "waiting"
_RUNNING = "running"
_STYLES = {
    _WAITING: "dim",
    _RUNNING: "bold yellow",
    results.CACHED: "cyan",
    results.EXECUTED: "green",
    results.FAILED: "bold red",
    results.SKIPPED: "magenta",
}
_WORDS = {results.EXECUTED: "done"}


class _Line:
    """What is known of one component."""

    def __init__(self):
        self.state = _WAITING
        self.started = None
        self.seconds = None
        self.detail = ""


class ProgressView:
    """One line a component: state, seconds, and what it reports.

    Args:
        console: A `rich.console.Console`; by default standard output.
        quiet: Whether to show nothing at all.
    """

    def __init__(self, console=None, quiet=False):
        self._console = console or rich.console.Console(highlight=False)
        self._quiet = quiet
        self._lines = {}
        self._live = None

    @contextlib.contextmanager
    def showing(self, node_ids):
        """Shows these components for as long as the context lasts."""
        self._lines = {id: _Line() for id in node_ids}
        if self._quiet or not self._console.is_terminal:
            yield
            return
        self._live = rich.live.Live(
            get_renderable=self.table,
            console=self._console,
            refresh_per_second=4,
        )
        try:
            with self._live:
                yield
        finally:
            self._live = None

    def started(self, node_id):
        """A component begins."""
        line = self._lines[node_id]
        line.state = _RUNNING
        line.started = time.monotonic()
        self._print(f"{self._place(node_id)} started")

    def reported(self, node_id, values):
        """A running component's executor reports `values`."""
        self._lines[node_id].detail = format_report(values)

    def ended(self, result):
        """A component has the given `NodeResult`."""
        line = self._lines[result.node_id]
        line.state = result.state
        line.seconds = result.seconds
        word = _WORDS.get(result.state, result.state)
        text = f"{self._place(result.node_id)} {word}"
        if result.state != results.SKIPPED:
            text += f" in {result.seconds:.1f} s"
        if result.state in (results.FAILED, results.SKIPPED):
            line.detail = _first_line(result.message)
            text += f": {line.detail}"
        self._print(text)

    def table(self):
        """Returns the table as it is now."""
        table = rich.table.Table(box=None, pad_edge=False, expand=True)
        # Only the last column gives way where the terminal is narrow.
        widest = max((len(id) for id in self._lines), default=0)
        table.add_column("component", no_wrap=True, min_width=widest)
        table.add_column("state", no_wrap=True, min_width=9)
        table.add_column("seconds", justify="right", no_wrap=True, min_width=7)
        table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
        for id, line in self._lines.items():
            table.add_row(
                id,
                rich.text.Text(
                    _WORDS.get(line.state, line.state), _STYLES[line.state]
                ),
                _seconds(line),
                # `Text`: a message with brackets is no markup.
                rich.text.Text(line.detail),
            )
        return table

    def _place(self, node_id):
        number = list(self._lines).index(node_id) + 1
        return f"[{number}/{len(self._lines)}] {node_id}"

    def _print(self, text):
        if not self._quiet and self._live is None:
            say(text, self._console.file)


def say(text="", file=None):
    """Prints a line; goes on where nobody reads it any more.

    A run must not end because its log's disk is full, or `head` has seen
    enough.

    Args:
        text: The line.
        file: Where to; standard output if absent.
    """
    try:
        print(text, file=file, flush=True)
    except BrokenPipeError:
        # Python would fail once more, at its end, on what it has not written.
        with contextlib.suppress(OSError), open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), (file or sys.stdout).fileno())
    except OSError:
        # What is left is written with the next line, if that is possible.
        pass


def format_report(values):
    """Writes a report as one line.

    Args:
        values: `fraction` (0 to 1) and `message` come first, then each other
            value as `name value`.
    """
    values = dict(values)
    words = []
    if (fraction := values.pop("fraction", None)) is not None:
        words.append(f"{fraction:4.0%}")
    if message := values.pop("message", None):
        words.append(_first_line(message))
    for name, value in values.items():
        text = value if isinstance(value, (str, int)) else f"{value:.4g}"
        words.append(f"{name} {text}")
    return "  ".join(words)


def _seconds(line):
    if line.seconds is not None:
        return f"{line.seconds:.1f}"
    if line.started is not None:
        return f"{time.monotonic() - line.started:.1f}"
    return ""


def _first_line(text):
    return str(text).strip().partition("\n")[0]
