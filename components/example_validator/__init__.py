"""ExampleValidator: stops the run when the examples cannot be right."""
