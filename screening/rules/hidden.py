"""A second view of the text in which disguised spelling is written out: 氏ね, タヒね, 死.ね, 馬@鹿.

Only substitutions whose regular expression holds at an anchor are made, so ordinary text has no
second view at all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .lexicon import Spelling
from .notation import compiled


@dataclass(frozen=True, slots=True)
class Unmasked:
    """``text`` with ``changed`` ranges written out; ``origins`` are those ranges in the folded text."""

    text: str
    changed: tuple[tuple[int, int], ...]
    origins: tuple[tuple[int, int], ...]

    def touches(self, start: int, end: int) -> bool:
        return any(start < b and a < end for a, b in self.changed)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The range of the folded text behind a range of ``text``."""
        return self._back(start, at_end=False), self._back(end, at_end=True)

    def _back(self, offset: int, *, at_end: bool) -> int:
        index = bisect_right(self.changed, (offset, -1 if at_end else len(self.text) + 1)) - 1
        if index < 0:
            return offset
        (_, end), (origin_start, origin_end) = self.changed[index], self.origins[index]
        if offset < end:
            return origin_end if at_end else origin_start
        return origin_end + offset - end


def unmask(text: str, spellings: Iterable[Spelling]) -> Unmasked | None:
    """Writes the disguised spellings of ``text`` out, or None where there are none."""
    found: list[tuple[int, int, str]] = []
    for spelling in spellings:
        for match in compiled(spelling.regex).finditer(text):
            # A named group "w" narrows what is replaced; the rest of the match is its surroundings.
            group = "w" if "w" in match.re.groupindex else 0
            found.append((match.start(group), match.end(group), match.expand(spelling.written)))
    if not found:
        return None
    pieces, changed, origins = [], [], []
    at = length = 0
    for start, end, written in _without_overlap(found):
        pieces += [text[at:start], written]
        length += start - at
        changed.append((length, length + len(written)))
        origins.append((start, end))
        length += len(written)
        at = end
    pieces.append(text[at:])
    return Unmasked("".join(pieces), tuple(changed), tuple(origins))


def _without_overlap(found: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    kept: list[tuple[int, int, str]] = []
    for item in sorted(found, key=lambda f: (f[0], -f[1])):
        if not kept or item[0] >= kept[-1][1]:
            kept.append(item)
    return kept
