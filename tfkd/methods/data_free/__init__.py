"""Distillation without the training data: made images (Sec 9)."""
