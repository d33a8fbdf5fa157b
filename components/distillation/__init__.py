"""Distils a student over several seeds, or trains its control."""
