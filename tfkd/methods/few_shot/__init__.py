"""Methods for new classes of which there are few examples, or none."""
