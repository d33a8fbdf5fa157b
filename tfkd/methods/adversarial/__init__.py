"""Critics that learn the distance between student and teacher (Sec 5)."""
