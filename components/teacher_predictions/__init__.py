"""Computes the teacher's logits for every example, once."""
