"""Experiments as ml_collections configs."""
