"""What the survey proposes for the future."""
