"""Methods with few or no labels: Sec 10 of the survey."""
