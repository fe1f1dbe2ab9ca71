"""Phrases ready to run, each with strings of which any text that it matches must hold one.

Most phrases of a rule whose anchor stands in a sentence are not there; to see that no necessary
string is there costs a fraction of running the expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# The library's own parser: nothing public gives a regular expression's parts, the public name it had
# (sre_parse) is deprecated since Python 3.11, and typeshed describes only that one. tests/rules notices if
# a new Python's parser answers otherwise.
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from .notation import Pattern, compiled

#: More alternatives than this cost as much as the expression.
_MOST = 24


@dataclass(frozen=True, slots=True)
class Phrase:
    """``needed``: a text that the expression matches holds at least one of them; empty where unknown."""

    pattern: Pattern
    regex: re.Pattern[str]
    needed: tuple[str, ...]

    def possible(self, text: str) -> bool:
        return not self.needed or any(map(text.__contains__, self.needed))

    def spans(self, text: str, left: int, right: int) -> Iterator[tuple[int, int]]:
        """The non-empty matches in ``text[left:right]``."""
        if not self.possible(text):
            return
        for match in self.regex.finditer(text, left, right):
            if match.end() > match.start():
                yield match.span()


def phrase(pattern: Pattern) -> Phrase:
    return Phrase(pattern, compiled(pattern.before), needed(pattern.before))


def needed(regex: str) -> tuple[str, ...]:
    """Strings of which every text that ``regex`` matches holds one; empty where none can be told."""
    found = _needed(list(parser.parse(regex)))
    return tuple(sorted(found)) if found and len(found) <= _MOST else ()


def _needed(items: list[tuple[Any, Any]]) -> set[str]:
    """The best of what the parts of a sequence need: the longer its shortest string, the better."""
    choices: list[set[str]] = []
    run = ""
    for operation, value in items:
        name = str(operation)
        if name == "LITERAL":
            run += chr(value)
            continue
        if run:
            choices.append({run})
            run = ""
        if name == "SUBPATTERN":
            # Flags inside a group could make letters match in either case: nothing is known then.
            choices.append(_needed(list(value[3])) if not value[1] else set())
        elif name == "BRANCH":
            parts = [_needed(list(part)) for part in value[1]]
            choices.append(set().union(*parts) if all(parts) else set())
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and value[0] > 0:
            choices.append(_needed(list(value[2])))
        elif name == "IN" and len(value) <= _MOST and all(str(o) == "LITERAL" for o, _ in value):
            choices.append({chr(code) for _, code in value})
    if run:
        choices.append({run})
    usable = [c for c in choices if c and len(c) <= _MOST]
    return max(usable, key=lambda c: (min(map(len, c)), -len(c)), default=set())
