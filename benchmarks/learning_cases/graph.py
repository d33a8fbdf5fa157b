"""Learning cases of the section `graph`."""

from learning_cases.case import Case

CASES = {
    "irg": Case(),
    "gkd": Case(),
    "lsp_gcn": Case({"width": 20.0, "weight": 30.0}, task="graph_nodes"),
}
