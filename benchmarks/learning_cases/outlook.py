"""Learning cases of the section `outlook`."""

from learning_cases.case import Case

CASES = {
    "outlook_hypersphere": Case(),
    "outlook_attention_gate": Case(task="two_teachers"),
    "outlook_region_gate": Case(task="two_teachers"),
}
