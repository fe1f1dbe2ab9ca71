"""Finds the lexicon's rules in a folded text: anchors, then patterns, then scopes, on both views."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from screening.text import Token, tokenize

from . import docs
from .anchors import Anchors
from .hidden import unmask
from .lexicon import Context, Lexicon, Spelling, read_lexicon
from .notation import Pattern, compiled
from .scopes import all_found_in, found_in, harmless

_SENTENCE_END = re.compile(r"[。!?\n]+")
#: Recognisers write no full stops: a longer stretch is looked at piece by piece, cut after a token.
_MAX_SENTENCE = 400
#: How far before a match its leading expression may reach, in code points.
_REACH = 40
#: How far a phrase may be carried on to reach the end of a token, in code points.
_LONGEST_TAIL = 12
_DISGUISED = "（当て字・伏せ字を戻して読んだもの）"


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """Where a rule was found; offsets in the folded text, ``score`` 0 to 1, ``why`` in Japanese."""

    rule_id: str
    category: str
    start: int
    end: int
    score: float
    why: str


class _Text:
    """One text under examination: its sentences, and their documents made once when needed."""

    def __init__(
        self, text: str, tokens: Callable[[], Sequence[Token]], merger: docs.Merger
    ) -> None:
        self.text = text
        self._tokens = tokens
        self._merger = merger
        self._documents: dict[int, docs.Sentence | None] = {}

    @cached_property
    def tokens(self) -> Sequence[Token]:
        return self._tokens()

    @cached_property
    def starts(self) -> list[int]:
        return [t.start for t in self.tokens]

    @cached_property
    def ends(self) -> list[int]:
        return [t.end for t in self.tokens]

    @cached_property
    def seams(self) -> list[int]:
        """Where sentences begin, and the end of the text."""
        cuts = [0]
        ends = [m.end() for m in _SENTENCE_END.finditer(self.text)]
        for cut in [*ends, len(self.text)]:
            while cut - cuts[-1] > _MAX_SENTENCE:
                at = bisect_right(self.starts, cuts[-1] + _MAX_SENTENCE) - 1
                step = self.starts[at] if at >= 0 and self.starts[at] > cuts[-1] else cut
                cuts.append(min(step, cut))
                if step >= cut:
                    break
            if cut > cuts[-1]:
                cuts.append(cut)
        return cuts

    def sentence_at(self, offset: int) -> int:
        return max(0, min(bisect_right(self.seams, offset) - 1, len(self.seams) - 2))

    def bounds(self, sentence: int) -> tuple[int, int]:
        return self.seams[sentence], self.seams[sentence + 1]

    def document(self, sentence: int) -> docs.Sentence | None:
        if sentence not in self._documents:
            left, right = self.bounds(sentence)
            first = bisect_left(self.starts, left)
            inside = self.tokens[first : bisect_left(self.starts, right)]
            made = docs.sentence(self.text, inside, self._merger) if inside else None
            self._documents[sentence] = made
        return self._documents[sentence]

    def on_tokens(self, start: int, end: int) -> bool:
        """Whether a range starts and ends where tokens do."""
        first = bisect_left(self.starts, start)
        last = bisect_left(self.ends, end)
        return (
            first < len(self.starts)
            and self.starts[first] == start
            and last < len(self.ends)
            and self.ends[last] == end
        )


class RuleSet:
    """The lexicon ready to run. Read-only once made: any number of threads may share it."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.rules = lexicon.rules
        self._anchors: Anchors[int] = Anchors(
            [(a, i) for i, rule in enumerate(self.rules) for a in rule.anchors]
            + [
                (frozenset([word]), -1 - i)
                for i, spelling in enumerate(lexicon.spellings)
                for word in spelling.anchors
            ]
        )
        self._by_lemma: dict[str, list[int]] = {}
        for i, rule in enumerate(self.rules):
            for lemma in rule.lemma_anchors:
                self._by_lemma.setdefault(lemma, []).append(i)
        #: Lemmas that make a text worth a document.
        self.lemma_anchors = frozenset(self._by_lemma)
        self._merger = docs.Merger(lexicon.literals)
        self._matchers: dict[int, Any] = {}

    @classmethod
    def load(cls, folder: Path | str | None = None) -> RuleSet:
        """The rules of a lexicon folder, by default the shipped one.

        Raises:
            LexiconError: ``file:line`` of what cannot be used.
        """
        return cls(read_lexicon(folder))

    def find(
        self,
        text: str,
        tokens: Callable[[], Sequence[Token]] | None = None,
        lemmas: Collection[str] | None = None,
    ) -> tuple[RuleMatch, ...]:
        """The matches in a folded text, ordered by place, then rule.

        ``tokens`` gives the text's tokens, and is called only if something is anchored.
        ``lemmas`` are the text's lemmas where the caller has them; without, ``tokens`` is called
        to see them whenever the lexicon has lemma anchors.
        """
        hits = self._anchors.hits(text)
        tokens = tokens or (lambda: tokenize(text))
        look_up = bool(self.lemma_anchors) and (
            lemmas is None or not self.lemma_anchors.isdisjoint(lemmas)
        )
        if not hits and not look_up:
            return ()
        found = self._on(_Text(text, tokens, self._merger), hits, look_up)
        present = {number for _, number in hits}
        disguised = [self._spelling(t) for t in self._anchors.targets(present) if t < 0]
        if disguised:
            found += self._on_hidden(text, disguised)
        return tuple(sorted(found, key=lambda m: (m.start, m.end, m.rule_id)))

    def _spelling(self, target: int) -> Spelling:
        return self.lexicon.spellings[-1 - target]

    def _on_hidden(self, text: str, disguised: Iterable[Spelling]) -> list[RuleMatch]:
        view = unmask(text, disguised)
        if view is None:
            return []
        written = _Text(view.text, lambda: tokenize(view.text), self._merger)
        found = self._on(written, self._anchors.hits(view.text), bool(self.lemma_anchors))
        back = []
        for match in found:
            if view.touches(match.start, match.end):
                start, end = view.span(match.start, match.end)
                back.append(replace(match, start=start, end=end, why=match.why + _DISGUISED))
        return back

    def _on(self, text: _Text, hits: Sequence[tuple[int, int]], look_up: bool) -> list[RuleMatch]:
        present: dict[int, set[int]] = {}
        for start, number in hits:
            present.setdefault(text.sentence_at(start), set()).add(number)
        wanted = {s: set(self._anchors.targets(numbers)) for s, numbers in present.items()}
        if look_up:
            for token in text.tokens:
                for rule in self._by_lemma.get(token.lemma or "", ()):
                    wanted.setdefault(text.sentence_at(token.start), set()).add(rule)
        found: list[RuleMatch] = []
        for sentence, targets in wanted.items():
            for target in sorted(t for t in targets if t >= 0):
                found += self._rule_in(text, sentence, target)
        return found

    def _rule_in(self, text: _Text, sentence: int, number: int) -> list[RuleMatch]:
        rule = self.rules[number]
        bounds = text.bounds(sentence)
        scopes = [self.lexicon.scopes[name] for name in rule.scopes]
        kept: list[tuple[int, int]] = []
        for start, end in sorted(self._ranges(text, sentence, number), key=lambda r: (r[0], -r[1])):
            if kept and start < kept[-1][1]:
                continue
            match = start, end
            if rule.needs != Context() and not all_found_in(rule.needs, text.text, bounds, match):
                continue
            if found_in(rule.unless, text.text, bounds, match):
                continue
            if harmless(scopes, text.text, bounds, match):
                continue
            kept.append(match)
        return [RuleMatch(rule.id, rule.category, a, b, rule.score, rule.why) for a, b in kept]

    def _ranges(self, text: _Text, sentence: int, number: int) -> Iterator[tuple[int, int]]:
        rule = self.rules[number]
        left, right = text.bounds(sentence)
        if any(p.tokens for p in rule.patterns):
            document = text.document(sentence)
            if document is not None:
                for key, first, last in self._matcher(number)(document.doc):
                    inner = document.starts[first], document.ends[last - 1]
                    around = _around(rule.patterns[key - 1], text.text, (left, right), inner)
                    if around:
                        yield around
        for pattern in rule.patterns:
            if not pattern.tokens:
                for match in compiled(pattern.before).finditer(text.text, left, right):
                    if match.end() > match.start():
                        yield from _to_token_end(pattern, text, match.span(), right)

    def _matcher(self, number: int) -> Any:
        if number not in self._matchers:
            self._matchers[number] = docs.matcher(self.rules[number].patterns)
        return self._matchers[number]


def _to_token_end(
    pattern: Pattern, text: _Text, span: tuple[int, int], right: int
) -> Iterator[tuple[int, int]]:
    """The phrase's range, or the shortest longer one that ends where a token does."""
    start, end = span
    if text.on_tokens(start, end):
        yield span
        return
    ends = text.ends
    phrase = compiled(pattern.before)
    for at in range(bisect_left(ends, end), len(ends)):
        if ends[at] > min(right, end + _LONGEST_TAIL):
            return
        if text.on_tokens(start, ends[at]) and phrase.fullmatch(text.text, start, ends[at]):
            yield start, ends[at]
            return


def _around(
    pattern: Pattern, text: str, sentence: tuple[int, int], inner: tuple[int, int]
) -> tuple[int, int] | None:
    """The range widened by what the pattern's expressions match around it; None if one fails."""
    start, end = inner
    if pattern.before:
        low = max(sentence[0], start - _REACH)
        before = compiled(f"(?:{pattern.before})\\Z").search(text[low:start])
        if not before:
            return None
        start = low + before.start()
    if pattern.after:
        after = compiled(pattern.after).match(text, end, sentence[1])
        if not after:
            return None
        end = after.end()
    return start, end
