"""Learning cases of the section `domain_adaptation`."""

from learning_cases.case import Case

CASES = {
    "gdsda": Case(task="source_domains"),
}
