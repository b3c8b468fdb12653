"""Where in the tree of forks a task lies, as the text that its row holds.

``countersign.2.quality/visit.1.北区`` is the branch 北区 of the first activation of fork ``visit``
inside the branch ``quality`` of the second activation of ``countersign``. The root is ``""``.
"""

from functools import lru_cache
from typing import NamedTuple


class Frame(NamedTuple):
    """One level: a fork, the round of its activation (from 1), a branch or an item of its list."""

    fork: str
    round: int
    branch: str


Frames = tuple[Frame, ...]


def written(frames: Frames) -> str:
    """The path's text; items of a list may hold any character."""
    return "/".join(f"{frame.fork}.{frame.round}.{_quoted(frame.branch)}" for frame in frames)


def inside(frames: Frames) -> str:
    """What the path of every task at or below ``frames`` starts with, once it ends in ``/``."""
    return "".join(f"{written((frame,))}/" for frame in frames)


def inside_activation(outer: Frames, fork: str, round_: int) -> str:
    """The same for every branch of one activation of ``fork``."""
    return f"{inside(outer)}{fork}.{round_}."


@lru_cache(maxsize=4096)
def frames_of(path: str) -> Frames:
    """The frames of a path's text."""
    return tuple(_frame(part) for part in path.split("/")) if path else ()


def _frame(part: str) -> Frame:
    fork, round_, branch = part.split(".", 2)
    return Frame(fork, int(round_), branch.replace("%2F", "/").replace("%25", "%"))


def _quoted(branch: str) -> str:
    return branch.replace("%", "%25").replace("/", "%2F")
