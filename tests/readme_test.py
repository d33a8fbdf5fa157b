import pathlib
import re

from tfkd import methods

TEXT = (pathlib.Path(__file__).parents[1] / "README.md").read_text()


def between(name):
    found = re.search(
        f"<!-- {name}:begin -->\n(.*)<!-- {name}:end -->", TEXT, re.S
    )
    return found.group(1)


def test_map_counts_what_the_catalogue_counts():
    works = [r for r in methods.catalogue() if r["status"] != "commentary"]
    found = {}
    for line in between("map").splitlines()[2:]:
        _, folder, *numbers = (x.strip() for x in line.strip("|").split("|"))
        found[folder.strip("`")] = tuple(map(int, numbers))
    expected = {}
    for folder in {row["family"] for row in works} | {"all"}:
        rows = [r for r in works if folder in (r["family"], "all")]
        faithful = sum(row["status"] == "faithful" for row in rows)
        expected[folder] = (len(rows), faithful)
    assert found == expected, "run .ci/update_readme.py"


def test_every_method_of_the_survey_is_there():
    planned = [
        r["key"] for r in methods.catalogue() if r["status"] == "planned"
    ]
    assert not planned
    assert f"all {len(methods.names())}" in " ".join(TEXT.split())


def test_configs_that_are_mentioned_exist():
    root = pathlib.Path(__file__).parents[1]
    mentioned = set(re.findall(r"configs/\w+\.py", TEXT))
    assert mentioned
    assert all((root / path).is_file() for path in mentioned)
