"""The component `Evaluator`: what the models are worth, and the blessing."""
