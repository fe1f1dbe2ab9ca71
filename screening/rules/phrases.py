"""Phrases ready to run, each with strings of which any text that it matches must hold some.

Most phrases of a rule whose anchor stands in a sentence are not there; to see that no necessary
string is there costs a fraction of running the expression.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

# The library's own parser: nothing public gives a regular expression's parts, the public name it had
# (sre_parse) is deprecated since Python 3.11, and typeshed describes only that one. tests/rules notices if
# a new Python's parser answers otherwise.
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from .notation import Pattern, compiled

#: More alternatives than this cost as much as the expression.
_MOST = 64


@dataclass(frozen=True, slots=True)
class Phrase:
    """``needed``: a text that the expression matches holds at least one string of each of these."""

    pattern: Pattern
    regex: re.Pattern[str]
    needed: tuple[tuple[str, ...], ...]

    def possible(self, text: str) -> bool:
        for strings in self.needed:
            for string in strings:
                if string in text:
                    break
            else:
                return False
        return True

    def spans(self, text: str, left: int, right: int) -> list[tuple[int, int]]:
        """The non-empty matches in ``text[left:right]``."""
        matches = self.regex.finditer(text, left, right)
        return [match.span() for match in matches if match.end() > match.start()]


def phrase(pattern: Pattern) -> Phrase:
    return Phrase(pattern, compiled(pattern.before), needed(pattern.before))


def needed(regex: str) -> tuple[tuple[str, ...], ...]:
    """Sets of strings: every text that ``regex`` matches holds one of each set. Those that are the least
    likely to stand in any other text come first."""
    found = {frozenset(_shortest(choice)) for choice in _needed(list(parser.parse(regex)))}
    usable = [tuple(sorted(choice)) for choice in found if len(choice) <= _MOST]
    return tuple(sorted(usable, key=lambda c: (*_rarity(c), c), reverse=True))


def _shortest(strings: set[str]) -> set[str]:
    """Without those that hold another one."""
    return {s for s in strings if not any(other in s for other in strings if other != s)}


def _rarity(strings: Collection[str]) -> tuple[int, int]:
    return min(map(len, strings)), -len(strings)


def _needed(items: list[tuple[Any, Any]]) -> list[set[str]]:
    """What the parts of a sequence need, each by itself."""
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
            choices += _needed(list(value[3])) if not value[1] else []
        elif name == "BRANCH":
            parts = [_needed(list(part)) for part in value[1]]
            if all(parts):
                choices.append(set().union(*[max(part, key=_rarity) for part in parts]))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and value[0] > 0:
            choices += _needed(list(value[2]))
        elif name == "IN" and len(value) <= _MOST and all(str(o) == "LITERAL" for o, _ in value):
            choices.append({chr(code) for _, code in value})
    if run:
        choices.append({run})
    return choices
