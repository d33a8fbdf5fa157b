import dataclasses
import html.parser
import re

import pytest

from tests.report import synthetic_run
from tfkd.report import page
from tfkd.report import results
from tfkd.report import templates

VOID = {"meta", "br", "img", "link", "input", "hr"}
ARTIFACT = {
    "channel": "student",
    "type": "Model",
    "folder": "Distillation/model/8",
    "id": 8,
}


class Outline(html.parser.HTMLParser):
    """Collects elements and text, and fails on tags that do not nest."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.elements, self.words = [], [], []
        self.feed(text)
        assert self.stack == []
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if "style" not in self.stack:
            self.words.append(data.strip())

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(name="uris")
def fixture_uris(tmp_path):
    return synthetic_run.write(tmp_path)


def render(uris, **changes):
    run = results.read(uris, title="Digits <1>", artifacts=[ARTIFACT])
    return page.render(dataclasses.replace(run, **changes))


def test_the_page_is_well_formed_and_self_contained(uris):
    text = render(uris)
    outline = Outline(text)
    assert outline.all("script") == []
    assert outline.all("link") == []
    assert "@import" not in text
    assert re.findall(r'(?:src|href)="(?!data:image/png;base64,|#)', text) == []
    assert re.findall(r"url\((?!#)", text) == []


def test_every_picture_has_a_text(uris):
    outline = Outline(render(uris))
    assert len(outline.all("img")) > 5
    assert all(image["alt"] for image in outline.all("img"))
    assert len(outline.all("svg")) == 5
    assert all(svg["aria-label"] for svg in outline.all("svg"))


def test_ids_are_unique(uris):
    ids = re.findall(r'\bid="([^"]+)"', render(uris))
    assert len(ids) == len(set(ids))


def test_the_headline_numbers_are_there(uris):
    synthetic_run.edit_json(
        uris["evaluation"] / "metrics.json",
        lambda metrics: metrics["models"]["student_int8"].update(
            accuracy=0.981,
            accuracy_interval=[0.97, 0.992],
            agreement_with_teacher=0.975,
            bytes=6104,
            gzip_bytes=4608,
        ),
    )
    text = Outline(render(uris)).text
    row = "Student int8 98.1 97.0 – 99.2 – 97.5 1,702 6,104 (4.5) 0.041 (0.055)"
    assert row in text
    assert "Blessed: all 2 checks passed." in text
    assert "the teacher has seen those labels" in text
    assert "Pushed to serving/3" in text
    # Ten classes in splits of 1,430, 100 and 200 images, in reading order.
    assert "Class train eval test 0 143 10 20" in text
    assert "All 1,430 100 200" in text


def test_an_unblessed_page_says_why(tmp_path):
    uris = synthetic_run.write(tmp_path, blessed=False)
    text = render(uris)
    assert 'class="verdict bad"' in text
    text = Outline(text).text
    assert "Not blessed: 1 of 2 checks failed (max_bytes)." in text
    assert "✗ no max_bytes 70,000 bytes ≤ 65,536 bytes" in text
    assert "The int8 file is too large." in text
    # Advice for a check that has passed would be wrong.
    assert "✓ yes min_gain_over_control +10.8 points ≥ +0.0 points" in text
    assert "adds too little" not in text
    assert "Not pushed: failed max_bytes." in text


def test_lineage_names_method_hashes_versions_and_artifacts(uris):
    card = {"equation": "L = a\n    + b", "paper": "Hinton 2015"}
    text = Outline(render(uris, card=card)).text
    for part in (
        "Method hinton_kd",
        "Paper Hinton 2015",
        "Arguments temperature=4",
        "Student cnn (width=4)",
        "Seeds 0, 1, 2",
        "keras 3.15.1, tensorflow 2.21.0",
        "student Model Distillation/model/8 8",
        f"Student int8 .tflite, SHA-256 {'04' * 32}",
    ):
        assert part in text


def test_names_of_users_are_escaped(uris):
    names = [f"<script>{i}" for i in range(10)]

    def rename(value):
        value["class_names"] = names

    synthetic_run.edit_json(uris["examples"] / "dataset.json", rename)
    synthetic_run.edit_json(uris["evaluation"] / "metrics.json", rename)
    text = render(uris)
    assert "<script" not in text
    assert "&lt;script&gt;3" in text
    assert "<h1>Digits &lt;1&gt;</h1>" in text


def test_the_caption_says_which_of_very_many_classes_are_drawn():
    matrix = [[int(i == j) for j in range(101)] for i in range(101)]
    said = page.confused({"confusion_matrix": matrix})
    assert said == " Of 101 classes the 30 with the most mistakes are drawn."
    few = [row[:100] for row in matrix[:100]]
    assert page.confused({"confusion_matrix": few}) == ""
    assert page.confused({}) == ""


def test_optional_parts_may_be_missing(tmp_path):
    uris = synthetic_run.write(tmp_path, pushed=False)
    run = results.read(uris, title="T")
    for training in run.trainings.values():
        training["runs"] = []
    for entry in run.metrics["models"].values():
        for key in ("confusion_matrix", "latency_ms", "seed_accuracies"):
            del entry[key]
        entry.update(bytes=None, gzip_bytes=None, latency_ms=None)
    del run.predictions["images"]
    run = dataclasses.replace(run, variants={}, checks=[], blessed=False)
    text = page.render(run)
    outline = Outline(text)
    assert "Learning curves" not in outline.text
    assert len(outline.all("svg")) == 1
    assert 'id="answers"' not in text
    assert "No check was set" in outline.text
    assert "Not pushed: the pipeline has no Pusher." in outline.text
    assert "None" not in outline.text


def test_the_page_repeats_byte_for_byte(uris):
    assert render(uris) == render(uris)


def test_mistakes_are_sorted_by_their_number():
    matrix = [[5, 1, 0], [3, 5, 1], [0, 0, 5]]
    found = page.mistakes(matrix, ["a", "b", "c"], most=2)
    # Three times b called a; a called b comes before b called c.
    assert found == [("b", "a", 3), ("a", "b", 1)]


def test_many_classes_are_not_all_listed(tmp_path):
    uris = synthetic_run.write(tmp_path, classes=40)
    text = Outline(render(uris)).text
    assert "10 more classes are not listed" in text


def contrast(first, second):
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in channels
        ]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear))

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_have_enough_contrast(scheme):
    style = (templates.FOLDER / "style.css").read_text()
    block = style.split(":root {")[scheme + 1].split("}")[0]
    colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    # WCAG AA: 4.5 for text, 3 for lines and marks.
    for ink, paper in (
        ("ink", "paper"),
        ("ink", "panel"),
        ("muted", "paper"),
        ("muted", "panel"),
        ("good", "good-paper"),
        ("good", "paper"),
        ("bad", "bad-paper"),
        ("bad", "paper"),
        ("on-fill", "teacher"),
    ):
        assert contrast(colour[ink], colour[paper]) >= 4.5, (ink, paper)
    for mark in ("teacher", "control", "student", "student-int8"):
        assert contrast(colour[mark], colour["paper"]) >= 3, mark


def test_lineage_names_the_hash_of_the_judged_file(uris):
    run = results.read(uris, title="T")
    run.metrics["judged"] = "student_float16"
    run.variants["float16"] = {"sha256": "16" * 32}
    pair = ("student float16 .tflite, SHA-256", "16" * 32)
    assert page.lineage(run)[-1] == pair
