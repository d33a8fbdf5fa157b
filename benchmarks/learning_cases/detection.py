"""Learning cases of the section `detection`."""

from learning_cases.case import Case

CASES = {
    "fgfi": Case(task="scenes_detection"),
}
