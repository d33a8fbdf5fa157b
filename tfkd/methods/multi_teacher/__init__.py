"""Several teachers, at once or one after the other."""
