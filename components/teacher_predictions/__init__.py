"""Stores the teacher's outputs for every example, computed once."""
