"""Open questions of the survey, asked of the data at hand: a sweep each."""
