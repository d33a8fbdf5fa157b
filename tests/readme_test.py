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
    folders = {row["family"] for row in works}
    found = {}
    for line in between("map").splitlines()[2:]:
        _, folder, done, total = (x.strip() for x in line.strip("|").split("|"))
        found[folder.strip("`")] = (int(done), int(total))
    expected = {
        folder: (
            sum(
                row["section"] == folder
                and row["status"] in ("faithful", "simplified")
                for row in works
            ),
            sum(row["family"] == folder for row in works),
        )
        for folder in folders
    }
    expected["all"] = (len(methods.names()), len(works))
    assert found == expected, "run .ci/update_readme.py"


def test_configs_that_are_mentioned_exist():
    root = pathlib.Path(__file__).parents[1]
    mentioned = set(re.findall(r"configs/\w+\.py", TEXT))
    assert mentioned
    assert all((root / path).is_file() for path in mentioned)
