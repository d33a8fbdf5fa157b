"""Methods for face recognition."""
