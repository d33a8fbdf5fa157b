"""Few labels or none."""
