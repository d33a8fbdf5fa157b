"""Command lines without absl: a mistake is told in one line."""

import argparse

from tfkd.errors import InputError


class ArgumentParser(argparse.ArgumentParser):
    """Raises `InputError` where argparse prints its usage and exits."""

    def error(self, message):
        raise InputError(f"{message}. See `{self.prog} --help`.")
