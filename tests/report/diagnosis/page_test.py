import re

import pytest

from tests.report.diagnosis import synthetic
from tfkd.report.diagnosis import page
from tfkd.report.diagnosis.diagnose import Diagnosis
from tfkd.report.diagnosis.measurements import Difference


def rendered(**changed):
    return Diagnosis(synthetic.measured(**changed), "A & B").html()


@pytest.fixture(scope="module")
def html():
    return rendered()


def test_page_is_self_contained_and_escaped(html):
    # Namespaces of SVG are names, not addresses.
    links = re.findall(r'(?:src|href)="(?!data:|#)([^"]*)"', html)
    assert not links
    assert "<script" not in html
    assert "<h1>A &amp; B</h1>" in html
    assert "<dog>" not in html


def test_page_shows_recommendations_with_rule_and_source(html):
    assert "No problem found" in html
    assert "Keep the temperature of 4" in html
    assert html.count("Rule <code>") == 3
    assert "Source: heuristic" in html


def test_page_draws_every_figure_with_words_for_it(html):
    labels = re.findall(r'role="img" aria-label="([^"]*)"', html)
    assert len(labels) == 5
    text = " ".join(labels)
    assert "Expected calibration error: Teacher 2.0 %" in text
    assert "&lt;dog&gt; (70) -5.0" in text
    assert "stage1 and block 0.80" in text
    assert "new weights +0.80, +0.60" in text
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))


def test_conflicts_are_pictures_and_never_certain(html):
    assert 'src="data:image/png;base64,' in html
    assert "99.9 %" in html


def test_conflicts_on_other_data_have_no_picture():
    vector = synthetic.conflicts()[0].example.reshape(16)
    conflict = synthetic.conflicts()[0].__class__(7, 1, 2, 0.97, vector)
    html = rendered(conflicts=(conflict,))
    assert "data:image/png" not in html
    assert "Example 7" in html


def test_problems_are_counted():
    html = rendered(conflict_share=0.5)
    assert "One problem found" in html
    assert '<li class="problem">' in html


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((0.01, 0.09), "more than chance explains"),
        ((-0.09, -0.01), "a loss beyond what chance explains"),
        ((-0.01, 0.09), "within what chance explains"),
    ],
)
def test_outcome_weighs_the_gain_by_its_interval(bounds, words):
    gain = Difference("control", sum(bounds) / 2, *bounds, 6)
    assert words in page.outcome(synthetic.measured(gain=gain))


def test_a_gain_by_few_examples_is_within_what_chance_explains():
    gain = Difference("control", 0.02, 0.005, 0.04, 4)
    text = page.outcome(synthetic.measured(gain=gain))
    assert "by 4 of the examples, too few to tell from chance)" in text
    assert "within what chance explains" in text


def test_labels_are_those_of_all_training_examples():
    html = rendered(train_examples=600, train_labelled=50_000)
    assert "on 600 training examples of 50,000 labelled ones." in html
    html = rendered(train_examples=600, train_labelled=None)
    assert "on 600 training examples." in html


def test_what_was_not_measured_leaves_the_page_whole():
    empty = synthetic.facts(
        accuracy=None,
        interval=None,
        train_accuracy=None,
        confidence=None,
        ece=None,
        nll=None,
        reliability=None,
        agreement=None,
        train_agreement=None,
    )
    html = rendered(
        labelled=0,
        train_labelled=None,
        train_unlabelled=None,
        train_examples=None,
        chance=None,
        models={"teacher": empty, "student": empty},
        lead=None,
        gain=None,
        classes=(),
        softening=None,
        similarity=None,
        gradients=None,
        conflicts=(),
        conflict_share=None,
        notes=("Nothing <was> measured.",),
    )
    assert "Nothing &lt;was&gt; measured." in html
    assert "None" not in re.sub(r"<style>.*?</style>", "", html, flags=re.S)
    assert "<svg" not in html
