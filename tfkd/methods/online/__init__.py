"""Networks that are trained together and teach each other."""
