"""Numbers as people read them: one place for units and rounding."""

import math

ABSENT = "–"


def is_absent(value):
    """Whether `value` is `None` or not a number."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def percent(fraction):
    """`0.9812` as `"98.1"`, without the sign (the column names the unit)."""
    return ABSENT if is_absent(fraction) else f"{100 * fraction:.1f}"


def interval(bounds, separator=", "):
    """`[0.97, 0.992]` as `"97.0, 99.2"`."""
    if not bounds or any(is_absent(bound) for bound in bounds):
        return ABSENT
    return separator.join(percent(bound) for bound in bounds)


def points(difference):
    """A signed difference of two fractions, in percentage points."""
    if is_absent(difference):
        return ABSENT
    return f"{100 * difference:+.1f}".replace("-", "−")


def spread(mean, std, count):
    """Mean ± standard deviation in percent; one seed has no spread."""
    if count < 2 or is_absent(mean) or is_absent(std):
        return ABSENT
    return f"{percent(mean)} ± {percent(std)}"


def count(number):
    """`94986` as `"94,986"`."""
    return ABSENT if is_absent(number) else f"{int(number):,}"


def kibibytes(number):
    """Bytes as KiB, with a decimal below 1,000 KiB."""
    if is_absent(number):
        return ABSENT
    value = number / 1024
    return f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def milliseconds(value):
    """Milliseconds with three significant digits, never in E notation."""
    if is_absent(value):
        return ABSENT
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{3 if value < 1 else 2 if value < 10 else 1}f}"


def plain(value):
    """Any value of a config or a check, as short text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_absent(value):
        return ABSENT
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, dict):
        return ", ".join(f"{k}={plain(v)}" for k, v in value.items()) or ABSENT
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value) or ABSENT
    return str(value)


def model(config):
    """A config's model as `name (argument=value)`, whatever names it."""
    if not isinstance(config, dict):
        return plain(config)
    kinds = ("name", "application", "build", "path")
    found = [str(config[kind]) for kind in kinds if config.get(kind)]
    arguments = plain(config.get("arguments") or {})
    name = ", ".join(found) or ABSENT
    return name if arguments == ABSENT else f"{name} ({arguments})"


def shortened(text, limit):
    """`text` cut to `limit` characters, with an ellipsis if it was longer."""
    text = str(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
