"""Which builds of the field app still get new jobs (rule 26).

A build is named by the number of its shape, and after a dot whatever tells it from others of that
shape: ``1``, ``1.3f9ac2``. The number is raised when an older app could no longer show a job
rightly; older apps then get no new ones, and go on sending what they hold.
"""

import re

NEWEST = 1
OLDEST = 1
_BUILD = re.compile(r"([0-9]{1,6})(?:\..*)?", re.ASCII)


def is_too_old(build: str) -> bool:
    """Whether ``build``, as a phone names itself, is older than what is supported. One that gives
    no name that we know is let on: nobody is cut off by a word."""
    found = _BUILD.fullmatch(build.strip())
    return found is not None and int(found[1]) < OLDEST
