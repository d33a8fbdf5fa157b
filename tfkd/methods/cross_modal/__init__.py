"""From one kind of sensor or signal to another."""
