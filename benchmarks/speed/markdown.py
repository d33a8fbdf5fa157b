"""Pieces of Markdown that tables share."""


def table(header, rows):
    """Returns a table; cells are turned into text as they are."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in lines)


def ratio(values):
    """Returns a median and its quartiles as text."""
    median, low, high = values
    return f"{median:.2f} ({low:.2f} to {high:.2f})"


def goal(cpu, wall, bound, *, at_least=False):
    """Says plainly whether a goal is met, by CPU time."""
    met = cpu >= bound if at_least else cpu <= bound
    sign = "at least" if at_least else "at most"
    verdict = "met" if met else "**not met**"
    return (
        f"{verdict}: CPU {_beside(cpu, bound)}, wall {wall:.2f}; goal {sign} "
        f"{bound:.2f}"
    )


def _beside(value, bound):
    """Returns a value with as many digits as show on which side it is."""
    for digits in (2, 3, 4):
        text = f"{value:.{digits}f}"
        if (float(text) > bound, float(text) < bound) == (
            value > bound,
            value < bound,
        ):
            break
    return text


def not_measured(reasons):
    """Returns a paragraph for each reason of `{name: reason}`.

    Nothing that was not measured is left out silently.
    """
    names = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    return [
        f"Not measured: {'; '.join(found)}: {reason}\n"
        for reason, found in names.items()
    ]


def settings(values):
    """Returns settings in one line."""
    return "; ".join(f"{name} = {value}" for name, value in values.items())
