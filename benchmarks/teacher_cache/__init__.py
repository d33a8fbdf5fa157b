"""Benchmark of the teacher's stored answers."""
