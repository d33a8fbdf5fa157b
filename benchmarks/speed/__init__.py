"""How fast: ratios that are measured side by side.

    python -m benchmarks.speed          # what is missing
    python -m benchmarks.speed --quick  # the same page in two minutes

A module of this package is a measurement, one table of the page, if it has

    TITLE                      heading of its table
    settings(quick)            all that its numbers depend on, as a dict
    units(settings)            names of what is measured and saved at once
    measure(unit, settings)    a dict for JSON
    section(results, settings) Markdown of {unit: dict}, which may lack units

A unit that cannot be measured here raises `harness.NotMeasured`.
"""
