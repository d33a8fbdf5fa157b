"""`tfkd.report.diagnose`: from two models and data to recommendations."""

import dataclasses
import os
import textwrap

from tfkd.errors import InputError
from tfkd.report.diagnosis import measure
from tfkd.report.diagnosis import rules
from tfkd.report.diagnosis.measurements import Measurements

WIDTH = 79


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """What was measured, and what follows from it.

    `str()` of it is the recommendations as text.

    Attributes:
        measured: All numbers.
        title: Heading of the page.
    """

    measured: Measurements
    title: str = "Distillation"

    @property
    def recommendations(self):
        """Up to three `Recommendation`s, the most important first."""
        return rules.recommend(self.measured)

    def html(self):
        """Returns the page: HTML without external resources or scripts."""
        from tfkd.report.diagnosis import page

        return page.render(self)

    def save(self, path):
        """Writes the page to a file.

        Raises:
            InputError: If what draws it is not installed, or the file cannot
                be written.
        """
        try:
            text = self.html()
        except ImportError as error:
            raise InputError(
                f"The page needs the package {error.name}, which is not "
                "installed. Install tfkd with it: pip install 'tfkd[report]'."
            ) from error
        try:
            with open(os.fspath(path), "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise InputError(
                f"The page must go to a file that can be written, received "
                f"{os.fspath(path)!r}: {error.strerror}."
            ) from error

    def __str__(self):
        lines = []
        for number, advice in enumerate(self.recommendations, start=1):
            lines += [f"{number}. {advice.title}", ""]
            lines += [_paragraph(advice.text)]
            lines += [_paragraph(f"Rule: {advice.when} ({advice.source})."), ""]
        lines += [_paragraph(note, "") for note in self.measured.notes]
        return "\n".join(lines).rstrip()


def _paragraph(text, indent="   "):
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def diagnose(
    teacher,
    student,
    data,
    *,
    train=None,
    control=None,
    class_names=None,
    temperature=4.0,
    title="Distillation",
):
    """Measures why a distillation helps or does not.

    No model is changed. Of each data set 2,000 examples are drawn, always the
    same ones; labels are counted on the whole of it. A `tf.data.Dataset` is
    read to its end, or up to 100,000 examples.

    Args:
        teacher: A built classifier, a `keras.Model` or what holds one as
            `model`. What is read inside it needs a known graph: without one
            that part is left out, and said so.
        student: The student, trained or not, of the same classes.
        data: Examples that neither model has been trained on, and of which
            choices may be made: the eval split, not the test split. `(x, y)`
            arrays, `x` alone, or a batched `tf.data.Dataset`. Labels are
            class numbers, -1 where there is none, or one-hot.
        train: The student's training examples, likewise.
        control: The same student, trained as long without a teacher.
        class_names: One name a class.
        temperature: T of the soft targets that the student learns from.
        title: Heading of the page.

    Returns:
        A `Diagnosis`.

    Raises:
        InputError: If models and data do not fit each other.
    """
    measured = measure.measure(
        teacher,
        student,
        data,
        train=train,
        control=control,
        class_names=class_names,
        temperature=temperature,
    )
    return Diagnosis(measured, title)
