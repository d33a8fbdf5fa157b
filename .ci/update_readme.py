"""Writes the map from the survey's sections to folders into README.md.

Usage: .venv/bin/python .ci/update_readme.py
"""

import pathlib
import re

from tfkd import methods

README = pathlib.Path(__file__).parents[1] / "README.md"
# Folder of tfkd/methods/ to the survey's sections that it covers.
SECTIONS = {
    "logits": "4.1",
    "features": "4.2",
    "adversarial": "5",
    "graph": "6",
    "multi_teacher": "7.1-7.5",
    "online": "7.6, 8",
    "data_free": "9",
    "few_sample": "10",
    "self": "11",
    "cross_modal": "12",
    "semi_self_supervised": "13",
    "domain_adaptation": "13.1, 15.3",
    "few_shot": "14.1",
    "incremental": "14.2",
    "reinforcement": "14.3",
    "segmentation": "12.2, 15.1",
    "detection": "15.2",
    "face": "15.2.3",
    "pose": "15.2.5",
    "depth_flow": "15.4",
    "image_translation": "15.5",
    "video": "15.6",
    "outlook": "17",
}


def counts():
    """Returns folder to (methods, those that are faithful to their paper)."""
    done = [methods.get(key) for key in methods.names()]
    found = {
        folder: [method for method in done if method.section == folder]
        for folder in SECTIONS
    }
    return {
        folder: (
            len(group),
            sum(m.card["status"] == "faithful" for m in group),
        )
        for folder, group in {**found, "all": done}.items()
    }


def table():
    """Returns the map as lines of Markdown."""
    rows = ["| Section | Folder | Methods | Faithful |", "|---|---|---:|---:|"]
    for folder, (total, faithful) in counts().items():
        name = f"`{folder}`" if folder in SECTIONS else folder
        section = SECTIONS.get(folder, "")
        rows.append(f"| {section} | {name} | {total} | {faithful} |")
    return rows


def main():
    """Replaces what is between the marks."""
    marks = ("<!-- map:begin -->", "<!-- map:end -->")
    block = "\n".join([marks[0], *table(), marks[1]])
    text = README.read_text(encoding="utf-8")
    pattern = f"{marks[0]}.*{marks[1]}"
    README.write_text(
        re.sub(pattern, lambda _: block, text, flags=re.DOTALL),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
