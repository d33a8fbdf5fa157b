"""Learning cases of the section `graph`."""

from learning_cases.case import Case

CASES = {
    "irg": Case(),
    "gkd": Case(),
}
