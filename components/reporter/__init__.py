"""Reporter: draws the page of a run."""
