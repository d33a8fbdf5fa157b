"""Tables of the extremes test: one module for each kind of part."""
