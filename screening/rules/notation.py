"""How a pattern is written in the lexicon, and what it becomes.

A pattern is words with spaces between them::

    /(?:{you_any}を)?/ <殺す|打ち殺す> /{oath}/

==================  =========================================================================
``お前|てめえ``       a token written so; a word that the dictionary splits is put together again
``<殺す|殴る>``       a token of that UniDic lemma, in whatever form and spelling
``[動詞/命令形]``      a token whose part of speech, then conjugated form, start so
``{staff}``         a token that is one of the words of a class in ``classes.yaml``
``.``  ``~3``       any token; up to three tokens of any kind
``…?``              after any of these: the token may be missing
``/regex/``         at either end: what the text right before or after must look like. It becomes
                    part of the evidence unless it is a look-around; ``{class}`` may stand inside
==================  =========================================================================

A pattern of one ``/regex/`` alone is a phrase: it counts where it starts and ends at tokens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

#: One spaCy token pattern.
TokenPattern = dict[str, Any]
_ELEMENT = re.compile(r"/(?:\\/|[^/])*/|\S+")
_CLASS = re.compile(r"\{([a-z_]+)\}")


class NotationError(ValueError):
    """A pattern that cannot be read; says what was expected."""


@dataclass(frozen=True, slots=True)
class WordClass:
    """Words that are interchangeable in patterns; ``regex`` matches any of them in running text."""

    name: str
    words: tuple[str, ...]
    regex: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """``before`` and ``after`` are regular expressions on the text around the tokens.

    With no ``tokens`` the pattern is a phrase, written in ``before``.
    """

    before: str
    tokens: tuple[TokenPattern, ...]
    after: str
    literals: frozenset[str]


@lru_cache(maxsize=8192)
def compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


def expand(regex: str, classes: Mapping[str, WordClass]) -> str:
    """Writes the ``{class}`` names of a regular expression out.

    Raises:
        NotationError: an unknown class, or what is left is not a regular expression.
    """

    def words_of(match: re.Match[str]) -> str:
        if match[1] not in classes:
            raise NotationError(f"{{{match[1]}}} is no class of classes.yaml")
        return f"(?:{classes[match[1]].regex})"

    written = _CLASS.sub(words_of, regex)
    try:
        re.compile(written)
    except re.error as error:
        raise NotationError(f"/{regex}/ is not a regular expression: {error}") from None
    return written


def word_class(
    name: str, words: tuple[str, ...], regex: str, known: Mapping[str, WordClass]
) -> WordClass:
    """A class from its plain words and a regular expression for more of the same kind."""
    plain = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
    written = "|".join(x for x in (plain, expand(regex, known) if regex else "") if x)
    if not written:
        raise NotationError("a class needs words or a regex")
    return WordClass(name, words, written)


def _token(element: str, classes: Mapping[str, WordClass]) -> tuple[TokenPattern, frozenset[str]]:
    if element == ".":
        return {}, frozenset()
    if element[0] == "~":
        if not element[1:].isdigit():
            raise NotationError(f"{element!r}: after ~ stands a number of tokens")
        return {"OP": f"{{0,{int(element[1:])}}}"}, frozenset()
    if element[0] == "<":
        if element[-1] != ">":
            raise NotationError(f"{element!r}: a lemma is written <…>")
        return {"LEMMA": {"IN": element[1:-1].split("|")}}, frozenset()
    if element[0] == "[":
        if element[-1] != "]":
            raise NotationError(f"{element!r}: a part of speech is written […]")
        pos, _, form = element[1:-1].partition("/")
        tail = f"[^/]*/(?:{form})" if form else ""
        return {"TAG": {"REGEX": f"^(?:{pos}){tail}"}}, frozenset()
    if element[0] == "{":
        name = element[1:-1]
        if name not in classes:
            raise NotationError(f"{element} is no class of classes.yaml")
        if not classes[name].words:
            raise NotationError(f"{element} has no plain words: use it inside /…/")
        words = classes[name].words
        return {"ORTH": {"IN": list(words)}}, frozenset(words)
    words = tuple(element.split("|"))
    return {"ORTH": {"IN": list(words)}}, frozenset(words)


def parse_pattern(text: str, classes: Mapping[str, WordClass]) -> Pattern:
    """Reads one pattern.

    Raises:
        NotationError: for what the notation does not have.
    """
    elements = _ELEMENT.findall(text)
    if not elements:
        raise NotationError("an empty pattern")
    regexes = [i for i, e in enumerate(elements) if len(e) > 1 and e[0] == e[-1] == "/"]
    if any(0 < i < len(elements) - 1 for i in regexes):
        raise NotationError("a /regex/ stands only at the beginning or the end of a pattern")
    before = expand(elements[0][1:-1], classes) if 0 in regexes else ""
    last = len(elements) - 1
    after = expand(elements[last][1:-1], classes) if last in regexes and last else ""
    inner = [e for i, e in enumerate(elements) if i not in regexes]
    tokens: list[TokenPattern] = []
    literals: frozenset[str] = frozenset()
    for element in inner:
        optional = len(element) > 1 and element.endswith("?")
        token, words = _token(element.removesuffix("?") if optional else element, classes)
        if optional:
            if "OP" in token:
                raise NotationError(f"{element!r}: a gap is already optional")
            token = token | {"OP": "?"}
        tokens.append(token)
        literals |= words
    if not tokens and after:
        raise NotationError("a phrase is one /regex/")
    if tokens and all("OP" in t for t in tokens):
        raise NotationError("at least one token must be required")
    return Pattern(before, tuple(tokens), after, literals)
