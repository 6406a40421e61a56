"""Runs first in the frozen program: a windowed program may have no standard streams at all.

Nobody reads then what is written, but writing must not be an error.
"""


def _name_streams():
    import os
    import sys

    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for good


_name_streams()
del _name_streams
