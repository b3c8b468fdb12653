"""How texts are cut up to be found again: what is found is what stands in the text as typed.

Every place of a text gives one term, made of the next few characters: two of Chinese, four of
letters and digits, fewer where a run ends. Whatever somebody types is then either the beginning
of a term or a row of terms, so any part of a text is found, from one character on.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice

# In characters. PostgreSQL holds 1 MiB of terms a row; each short word costs the time of a scan.
LONGEST_TEXT = 100_000
LONGEST_QUESTION = 200
MOST_WORDS = 10

# From here on scripts are written without blanks: Chinese, kana, Hangul.
_WIDE_FROM = "\u2e80"
_NARROW = rf"[^\W_{_WIDE_FROM}-\U0010ffff]"
_WIDE = rf"[^\W_\0-{chr(ord(_WIDE_FROM) - 1)}]"
_RUN = re.compile(rf"{_NARROW}+|{_WIDE}+")
_WIDE_TERM, _NARROW_TERM = 2, 4

# Serials and telephone numbers are written with and without hyphens and blanks.
_JOINER = re.compile(rf"(?<={_NARROW})[-\u2010-\u2015\u2212](?={_NARROW})|(?<=\d) (?=\d)")
_BETWEEN_WORDS = re.compile(r"[\s，、；。！？]+")
# Marks and formatting characters take no room: variation selectors, blanks of no width.
_WITHOUT_ROOM = frozenset({"Mn", "Me", "Cf"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question: ``terms`` follow each other in a text that matches.

    The last term is the beginning of one in the text where ``is_start`` says so.
    """

    flat: str
    terms: tuple[str, ...]
    is_start: bool


def flat(text: str) -> str:
    """``text`` as it is compared: full-width and upper case levelled, punctuation dropped.

    A blank is left only where two runs of the same kind of script would otherwise touch: 漏水。水管
    does not hold 水水. Hyphens between letters or digits and a blank between digits are dropped.
    Never fails, whatever is in ``text``; holds letters, digits and single blanks only.
    """
    return "".join(_parts(text[:LONGEST_TEXT]))[:LONGEST_TEXT]


def terms(flat_text: str) -> list[str]:
    """The terms of a `flat` text, in their order, one for each letter or digit."""
    return [term for run in _RUN.findall(flat_text) for term in _cut(run)]


def words(question: str) -> list[Word]:
    """The words of a question, all of which a text must hold; none where nothing can be sought.

    Blanks and Chinese punctuation stand between words. Only the first `LONGEST_QUESTION`
    characters and `MOST_WORDS` words are read.
    """
    levelled = (flat(word) for word in _BETWEEN_WORDS.split(question[:LONGEST_QUESTION]))
    different = dict.fromkeys(word for word in levelled if word)
    return [_word(word) for word in islice(different, MOST_WORDS)]


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    for run in _RUN.findall(_JOINER.sub("", _levelled(text))):
        if parts and _is_wide(run) == _is_wide(parts[-1]):
            parts.append(" ")
        parts.append(run)
    return parts


def _levelled(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    levelled = unicodedata.normalize("NFKC", folded)
    return "".join(c for c in levelled if unicodedata.category(c) not in _WITHOUT_ROOM)


def _word(word: str) -> Word:
    *closed, last = _RUN.findall(word)
    size = _size(last)
    found = [term for run in closed for term in _cut(run)]
    found += [last[i : i + size] for i in range(max(1, len(last) - size + 1))]
    return Word(word, tuple(found), is_start=len(last) < size)


def _cut(run: str) -> list[str]:
    size = _size(run)
    return [run[i : i + size] for i in range(len(run))]


def _size(run: str) -> int:
    return _WIDE_TERM if _is_wide(run) else _NARROW_TERM


def _is_wide(run: str) -> bool:
    return run[0] >= _WIDE_FROM
