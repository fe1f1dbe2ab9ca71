"""Which words are kept from sight until somebody asks for them, flagged or not.

A detector passes over much that hurts to read: words that were only quoted, or that stood in a calm
call. ``corpora/lexicon/veiled.yaml`` names them; nothing is concluded from them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from .records import unquoted
from .rules.anchors import Anchors
from .rules.lexicon import read_lexicon, read_veiled
from .text import fold


@dataclass(frozen=True, slots=True)
class Family:
    """One family of words, tried where an anchor stands; the examples are for the tests."""

    id: str
    regex: re.Pattern[str]
    matches: tuple[str, ...]
    must_not_match: tuple[str, ...]


@cache
def families() -> tuple[Family, ...]:
    return tuple(
        Family(
            str(entry["id"]),
            re.compile(str(entry["regex"])),
            tuple(map(str, entry["matches"])),
            tuple(map(str, entry["must_not_match"])),
        )
        for entry in read_veiled()["words"]
    )


@cache
def _anchors() -> Anchors[re.Pattern[str]]:
    raw = read_veiled()
    entries = [
        (frozenset([fold(str(anchor)).text]), family.regex)
        for family, entry in zip(families(), raw["words"], strict=True)
        for anchor in entry["anchors"]
    ]
    classes = read_lexicon().classes
    for name in raw["classes"]:
        for word in sorted(classes[name].words):
            folded = fold(word).text
            entries.append((frozenset([folded]), re.compile(re.escape(folded))))
    return Anchors(entries)


#: Half- and full-width forms, squared words, circled numbers: what folding writes otherwise.
_FOLDS = re.compile("[\uff00-\uffef\u3300-\u33ff\u2460-\u24ff]")


def harsh(text: str) -> list[tuple[int, int]]:
    """The [start, end) of every harsh word in the original text, merged where they touch."""
    anchors = _anchors()
    if not anchors.hits(text) and not _FOLDS.search(text):
        return []
    folded = fold(text)
    hits = anchors.hits(folded.text)
    if not hits:
        return []
    found = sorted(
        folded.span(*m.span())
        for regex in anchors.targets([number for _, number in hits])
        for m in regex.finditer(folded.text)
        if m.end() > m.start()
    )
    return merged(found)


def merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted spans, those that touch as one."""
    out: list[tuple[int, int]] = []
    for start, end in spans:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def veiled(said: str) -> str:
    """A reason without the words that it quotes and without harsh words, for those who have not asked."""
    return masked(unquoted(said))


def masked(said: str) -> str:
    """What a colleague wrote, harsh words left out; what it quotes otherwise stays to be read."""
    for start, end in reversed(harsh(said)):
        said = f"{said[:start]}…{said[end:]}"
    return said
