"""Finds the lexicon's rules in a folded text: anchors, then patterns, then scopes, on both views."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from screening.text import Token, tokenize

from . import docs, phrases
from .anchors import Anchors
from .docs import Words
from .hidden import unmask
from .lexicon import Context, Lexicon, Scope, Spelling, read_lexicon
from .notation import Pattern, compiled
from .phrases import Phrase
from .scopes import all_found_in, found_in, harmless

_SENTENCE_END = re.compile(r"[。!?\n]+")
#: Recognisers write no full stops: a longer stretch is looked at piece by piece, cut after a token.
_MAX_SENTENCE = 400
#: How far before a match its leading expression may reach, in code points.
_REACH = 40
#: How far a phrase may be carried on to reach the end of a token, in code points.
_LONGEST_TAIL = 12
#: How many sets of anchors are remembered with what they lead to.
_MOST_SETS = 20_000
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


class _Tokenized:
    """``Words`` of a text that nobody has tokenised yet."""

    def __init__(self, text: str) -> None:
        self._tokens = tokenize(text)
        self.starts = [t.start for t in self._tokens]
        self.ends = [t.end for t in self._tokens]

    def lemmas(self, first: int, last: int) -> Sequence[str | None]:
        return [token.lemma for token in self._tokens[first:last]]

    def tokens(self, first: int, last: int) -> Sequence[Token]:
        return self._tokens[first:last]


class _Text:
    """One text under examination: its sentences, and their documents made once when needed."""

    def __init__(self, text: str, words: Callable[[], Words], merger: docs.Merger) -> None:
        self.text = text
        self._words = words
        self._merger = merger
        self._documents: dict[int, docs.Sentence | None] = {}

    @cached_property
    def words(self) -> Words:
        return self._words()

    def lemmas(self) -> Iterator[tuple[int, str]]:
        lemmas = self.words.lemmas(0, len(self.starts))
        for start, lemma in zip(self.starts, lemmas, strict=True):
            if lemma:
                yield start, lemma

    @cached_property
    def starts(self) -> Sequence[int]:
        return self.words.starts

    @cached_property
    def ends(self) -> Sequence[int]:
        return self.words.ends

    @cached_property
    def seams(self) -> list[int]:
        """Where sentences begin, and the end of the text."""
        first = _SENTENCE_END.search(self.text)
        if len(self.text) <= _MAX_SENTENCE and (first is None or first.end() == len(self.text)):
            return [0, len(self.text)]
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
        if len(self.seams) == 2:
            return 0
        return max(0, min(bisect_right(self.seams, offset) - 1, len(self.seams) - 2))

    def bounds(self, sentence: int) -> tuple[int, int]:
        return self.seams[sentence], self.seams[sentence + 1]

    def document(self, sentence: int) -> docs.Sentence | None:
        if sentence not in self._documents:
            left, right = self.bounds(sentence)
            first = bisect_left(self.starts, left)
            last = bisect_left(self.starts, right)
            self._documents[sentence] = (
                docs.Sentence(self.text, self.words, first, last, self._merger)
                if first < last
                else None
            )
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


@dataclass(slots=True)
class _Ready:
    """What running a rule takes, looked up once; ``matcher`` where it has patterns of tokens."""

    phrases: tuple[Phrase, ...]
    matcher: docs.Matcher | None
    scopes: tuple[Scope, ...]
    needs: bool

    def possible(self, text: str) -> list[Phrase] | None:
        """The phrases that could stand in the text, or None where the rule cannot match in it."""
        found = [phrase for phrase in self.phrases if phrase.possible(text)]
        return found if found or self.matcher else None


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
        self._reached_by: dict[frozenset[int], list[int]] = {}
        self._ready = [
            _Ready(
                tuple(phrases.phrase(p) for p in rule.patterns if not p.tokens),
                docs.Matcher(rule.patterns) if any(p.tokens for p in rule.patterns) else None,
                tuple(lexicon.scopes[name] for name in rule.scopes),
                rule.needs != Context(),
            )
            for rule in self.rules
        ]

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
        words: Callable[[], Words] | None = None,
        lemmas: Collection[tuple[int, str]] | None = None,
        hits: Sequence[tuple[int, int]] | None = None,
        tokenized: Callable[[str], Words] = _Tokenized,
    ) -> tuple[RuleMatch, ...]:
        """The matches in a folded text, ordered by place, then rule.

        ``words`` gives the text's tokens, and is called only if they are needed. ``lemmas`` are the
        starts and lemmas of those tokens that have one of ``lemma_anchors``, and ``hits`` the
        anchors as ``anchored`` gives them, where the caller has them. ``tokenized`` tokenises what
        a disguised spelling stands for.
        """
        if hits is None:
            hits = self._anchors.hits(text)
        made = _Text(text, words or (lambda: tokenized(text)), self._merger)
        if lemmas is None:
            lemmas = list(made.lemmas()) if self.lemma_anchors else []
        reached = self._reached(frozenset([number for _, number in hits]))
        possible = {}
        disguised = False
        for target in reached:
            if target < 0:
                disguised = True
            elif (phrases := self._ready[target].possible(text)) is not None:
                possible[target] = phrases
        if not possible and not lemmas and not disguised:
            return ()
        found = self._on(made, hits, lemmas, possible) if possible or lemmas else []
        if disguised:
            found += self._on_hidden(text, [self._spelling(t) for t in reached if t < 0], tokenized)
        if not found:
            return ()
        return tuple(sorted(found, key=lambda m: (m.start, m.end, m.rule_id)))

    def _reached(self, numbers: frozenset[int]) -> list[int]:
        """What the anchors lead to; the same few sets of them come again and again."""
        known = self._reached_by.get(numbers)
        if known is None:
            known = self._anchors.targets(numbers)
            if len(self._reached_by) < _MOST_SETS:
                self._reached_by[numbers] = known
        return known

    def anchored(
        self, codes: NDArray[np.uint32], offsets: NDArray[np.int64]
    ) -> list[tuple[int, int, int]]:
        """Every anchor in folded texts that stand one after another: (text, start within it, anchor)."""
        return self._anchors.scan(codes, offsets)

    def _spelling(self, target: int) -> Spelling:
        return self.lexicon.spellings[-1 - target]

    def _on_hidden(
        self, text: str, disguised: Iterable[Spelling], tokenized: Callable[[str], Words]
    ) -> list[RuleMatch]:
        view = unmask(text, disguised)
        if view is None:
            return []
        written = _Text(view.text, lambda: tokenized(view.text), self._merger)
        hits = self._anchors.hits(view.text)
        reached = self._reached(frozenset([number for _, number in hits]))
        possible = {t: self._ready[t].phrases for t in reached if t >= 0}
        found = self._on(written, hits, list(written.lemmas()), possible)
        back = []
        for match in found:
            if view.touches(match.start, match.end):
                start, end = view.span(match.start, match.end)
                back.append(replace(match, start=start, end=end, why=match.why + _DISGUISED))
        return back

    def _on(
        self,
        text: _Text,
        hits: Sequence[tuple[int, int]],
        lemmas: Iterable[tuple[int, str]],
        possible: Mapping[int, Sequence[Phrase]],
    ) -> list[RuleMatch]:
        """The matches of rules, each with its phrases that are ``possible``, and of those that the
        ``lemmas`` lead to."""
        wanted: dict[int, Collection[int]] = {}
        if len(text.seams) == 2:
            wanted[0] = possible.keys()
        elif possible:
            present: dict[int, set[int]] = {}
            for start, number in hits:
                present.setdefault(text.sentence_at(start), set()).add(number)
            for sentence, numbers in present.items():
                wanted[sentence] = possible.keys() & self._reached(frozenset(numbers))
        for start, lemma in lemmas:
            for rule in self._by_lemma.get(lemma, ()):
                at = text.sentence_at(start)
                wanted[at] = {*wanted.get(at, ()), rule}
        found: list[RuleMatch] = []
        for sentence, targets in wanted.items():
            for target in sorted(targets):
                phrases = possible.get(target, self._ready[target].phrases)
                found += self._rule_in(text, sentence, target, phrases)
        return found

    def _rule_in(
        self, text: _Text, sentence: int, number: int, phrases: Sequence[Phrase]
    ) -> list[RuleMatch]:
        ready, bounds = self._ready[number], text.bounds(sentence)
        ranges = self._ranges(text, sentence, ready.matcher, phrases)
        if not ranges:
            return []
        rule = self.rules[number]
        kept: list[tuple[int, int]] = []
        for match in sorted(ranges, key=lambda r: (r[0], -r[1])):
            if kept and match[0] < kept[-1][1]:
                continue
            if ready.needs and not all_found_in(rule.needs, text.text, bounds, match):
                continue
            if found_in(rule.unless, text.text, bounds, match):
                continue
            if harmless(ready.scopes, text.text, bounds, match):
                continue
            kept.append(match)
        return [RuleMatch(rule.id, rule.category, a, b, rule.score, rule.why) for a, b in kept]

    def _ranges(
        self,
        text: _Text,
        sentence: int,
        matcher: docs.Matcher | None,
        phrases: Sequence[Phrase],
    ) -> list[tuple[int, int]]:
        ranges: list[tuple[int, int]] = []
        left, right = text.bounds(sentence)
        if matcher and (made := text.document(sentence)):
            for pattern, first, last in matcher(made):
                inner = made.starts[first], made.ends[last - 1]
                if around := _around(pattern, text.text, (left, right), inner):
                    ranges.append(around)
        part = text.text[left:right]
        for phrase in phrases:
            if phrase.possible(part):
                for span in phrase.spans(text.text, left, right):
                    ranges += _to_token_end(phrase, text, span, right)
        return ranges


def _to_token_end(
    phrase: Phrase, text: _Text, span: tuple[int, int], right: int
) -> Iterator[tuple[int, int]]:
    """The phrase's range, or the shortest longer one that ends where a token does."""
    start, end = span
    if text.on_tokens(start, end):
        yield span
        return
    ends = text.ends
    for at in range(bisect_left(ends, end), len(ends)):
        if ends[at] > min(right, end + _LONGEST_TAIL):
            return
        if text.on_tokens(start, ends[at]) and phrase.regex.fullmatch(text.text, start, ends[at]):
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
