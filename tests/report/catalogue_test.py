import pathlib

from tfkd.methods import registry
from tfkd.report import catalogue

ROOT = pathlib.Path(__file__).parents[2]


def test_the_committed_catalogue_is_current():
    written = (ROOT / "docs/CATALOGUE.md").read_text(encoding="utf-8")

    assert written == catalogue.text(), (
        "docs/CATALOGUE.md is stale: run "
        "`python -m tfkd.report.catalogue > docs/CATALOGUE.md`."
    )


def test_every_row_of_the_survey_is_counted():
    rows = registry.catalogue()

    assert len(rows) == 313
    assert sum(row["status"] != "commentary" for row in rows) == 256


def test_card_columns_are_columns_of_the_methods_tables():
    for row in registry.catalogue():
        headings = {
            heading
            for number in row["table"].split(";")
            if number
            for _, heading in catalogue.TABLES[number][1]
        }
        assert set(row["columns"]) <= headings, row["key"]


def test_a_card_corrects_the_cell_that_the_survey_prints():
    table = catalogue.text().partition("## Table 2")[2].partition("## ")[0]
    row = next(line for line in table.splitlines() if "`fitnet`" in line)

    # The survey prints L1; the paper squares.
    assert "| L2 |" in row
