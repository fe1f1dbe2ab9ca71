"""What makes the same words harmless: quotation, negation, self-reference, third parties …"""

from __future__ import annotations

from collections.abc import Iterable

from .lexicon import Context, Scope
from .notation import compiled

_PAIRS = (("「", "」"), ("『", "』"), ("“", "”"), ('"', '"'), ("(", ")"))


def found_in(
    context: Context, text: str, sentence: tuple[int, int], match: tuple[int, int]
) -> bool:
    """Whether any expression of ``context`` is found around ``match``."""
    left, right = sentence
    start, end = match
    return bool(
        (context.before and compiled(context.before).search(text[left:start]))
        or (context.after and compiled(context.after).search(text[end:right]))
        or (context.sentence and compiled(context.sentence).search(text[left:right]))
        or (context.text and compiled(context.text).search(text))
    )


def all_found_in(
    context: Context, text: str, sentence: tuple[int, int], match: tuple[int, int]
) -> bool:
    """Whether every expression that ``context`` gives is found around ``match``."""
    parts = (
        Context(before=context.before),
        Context(after=context.after),
        Context(sentence=context.sentence),
        Context(text=context.text),
    )
    asked = [part for part in parts if part != Context()]
    return all(found_in(part, text, sentence, match) for part in asked)


def quotation(text: str, start: int, end: int, *, reach: int = 300) -> tuple[int, int] | None:
    """The [start, end) range of the innermost pair of quotation marks around a range, marks included."""
    best: tuple[int, int] | None = None
    low, high = max(0, start - reach), min(len(text), end + reach)
    for opening, closing in _PAIRS:
        opened = text.rfind(opening, low, start)
        if opened < 0 or text.find(closing, opened + 1, start) >= 0:
            continue
        closed = text.find(closing, end - 1, high)
        if closed >= 0 and (best is None or opened > best[0]):
            best = opened, closed + 1
    return best


def harmless(
    scopes: Iterable[Scope], text: str, sentence: tuple[int, int], match: tuple[int, int]
) -> bool:
    """Whether any of ``scopes`` holds for ``match``."""
    for scope in scopes:
        if found_in(scope.context, text, sentence, match):
            return True
        if scope.quote:
            quoted = quotation(text, *match)
            if quoted and compiled(scope.quote).match(text, quoted[1]):
                return True
    return False
