"""Composes the detectors: a conversation goes in, findings and proposed flags come out.

Pure given the conversation, the model, the rules, the policy and the history that the caller passes:
a live call, an inbox and an archive get the same answer, alone or in a batch, in any order, in any
number of threads and processes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import conduct, repetition
from .classifier import Classifier, Encoder, cut
from .classifier.model import ANY
from .policy import Policy, load_policy
from .records import Conversation, Finding, Kind, ScreeningResult, Speaker
from .rules import RuleSet
from .text import Folded
from .text.analyzer import Analyzer, Batch

#: Below this probability a unit of text is not worth a finding: policies set thresholds above it.
FLOOR = 0.2
#: Turns analysed at once; large enough to spread the cost of a call, small enough to stay in cache.
BATCH_TURNS = 512
#: Whose words are screened. An unknown speaker may be the customer, so is not passed over.
SCREENED = frozenset([Speaker.CUSTOMER, Speaker.UNKNOWN])


@dataclass(slots=True)
class _Tools:
    """The work space of one thread."""

    analyzer: Analyzer
    encoder: Encoder


class Screener:
    """Screens conversations; safe to share between threads, and cheap to make after the first."""

    def __init__(self, model: Classifier, rules: RuleSet, policy: Policy) -> None:
        self.model, self.rules, self.policy = model, rules, policy
        self._local = threading.local()
        self._any = model.heads.index(ANY)
        self._categories = [(i, name) for i, name in enumerate(model.heads) if name != ANY]

    def with_policy(self, policy: Policy) -> Screener:
        """The same detectors under another policy."""
        return Screener(self.model, self.rules, policy)

    def screen(
        self, conversation: Conversation, *, history: Sequence[Conversation] = ()
    ) -> ScreeningResult:
        """Screens one conversation; ``history`` are earlier contacts of the same customer."""
        return self._screen([conversation], [history])[0]

    def screen_many(self, conversations: Iterable[Conversation]) -> Iterator[ScreeningResult]:
        """Screens any number of conversations, in order, holding only a batch of them."""
        source = iter(conversations)
        while chunk := _take(source):
            yield from self._screen(chunk, [()] * len(chunk))

    def _tools(self) -> _Tools:
        tools: _Tools | None = getattr(self._local, "tools", None)
        if tools is None:
            anchors = self.rules.lemma_anchors
            columns = {
                "content": repetition.content_hash,
                "anchor": lambda feature: feature.lemma in anchors,
            }
            tools = self._local.tools = _Tools(Analyzer(columns), Encoder())
        return tools

    def _screen(
        self, conversations: Sequence[Conversation], histories: Sequence[Sequence[Conversation]]
    ) -> list[ScreeningResult]:
        tools = self._tools()
        texts: list[str] = []
        places: list[list[int | None]] = []
        for conversation in conversations:
            place: list[int | None] = []
            for turn in conversation.turns:
                screened = turn.speaker in SCREENED or conversation.kind is Kind.EMAIL
                place.append(len(texts) if screened and turn.text else None)
                if place[-1] is not None:
                    texts.append(turn.text)
            places.append(place)
        batch = tools.analyzer.analyze(texts)
        units, owner = cut(batch)
        probabilities = self.model.probabilities(tools.encoder, batch, units)
        first_unit = np.searchsorted(owner, np.arange(len(texts) + 1))
        anchored = batch.column("anchor").astype(np.bool_)
        view = _View(tools, batch, units, first_unit, probabilities, anchored)
        return [
            self._result(conversation, place, history, view)
            for conversation, place, history in zip(conversations, places, histories, strict=True)
        ]

    def _result(
        self,
        conversation: Conversation,
        place: Sequence[int | None],
        history: Sequence[Conversation],
        view: _View,
    ) -> ScreeningResult:
        findings: list[Finding] = []
        known = [i for i in place if i is not None]
        best = np.zeros(len(self.model.heads), np.float32)
        if known:
            a, b = view.first_unit[known[0]], view.first_unit[known[-1] + 1]
            if b > a:
                best = view.probabilities[a:b].max(axis=0)
        for turn, text in enumerate(place):
            if text is not None:
                findings += self._in_text(conversation, turn, text, view)
        findings += self._repeated(conversation, place, view)
        findings += self._measured(conversation, history)
        scores = {name: float(best[i]) for i, name in self._categories}
        for finding in findings:
            scores[finding.category] = max(scores.get(finding.category, 0.0), finding.score)
        flags = self.policy.propose(conversation, findings, scores) if findings else ()
        shown = {name: score for name, score in scores.items() if score >= 0.01}
        return ScreeningResult(
            conversation.id,
            self.policy.needs_review(flags),
            self.policy.version,
            self.model.id,
            shown,
            flags,
        )

    def _in_text(
        self, conversation: Conversation, turn: int, text: int, view: _View
    ) -> Iterator[Finding]:
        folded: Folded | None = None
        not_own = conversation.turns[turn].not_own
        rows = view.probabilities[view.first_unit[text] : view.first_unit[text + 1]]
        if len(rows) and rows.max() >= FLOOR:
            folded = view.batch.fold(text)
            for offset in np.flatnonzero(rows.max(axis=1) >= FLOOR).tolist():
                unit = view.units[view.first_unit[text] + offset]
                for head, name in self._heads(rows[offset]):
                    column = self._any if name != self.model.heads[head] else head
                    start, end = self.model.evidence(view.tools.encoder, view.batch, unit, column)
                    start, end = folded.span(start, end)
                    if not _within(start, end, not_own):
                        why = "学習した語の並びから"
                        yield Finding(name, turn, start, end, float(rows[offset, column]), "classifier", why)  # fmt: skip
        tokens = slice(view.batch.token_offsets[text], view.batch.token_offsets[text + 1])
        lemmas = (
            [
                f.lemma or ""
                for i in view.batch.feature[tokens][view.anchored[tokens]].tolist()
                for f in [view.batch.table.features[i]]
            ]
            if view.anchored[tokens].any()
            else ()
        )
        matches = self.rules.find(view.batch.text(text), lambda: view.batch.tokens(text), lemmas)
        for match in matches:
            folded = folded or view.batch.fold(text)
            start, end = folded.span(match.start, match.end)
            if not _within(start, end, not_own):
                yield Finding(match.category, turn, start, end, match.score, f"rule:{match.rule_id}", match.why)  # fmt: skip

    def _heads(self, row: NDArray[np.float32]) -> Iterator[tuple[int, str]]:
        """The categories worth a finding; where only "any means" speaks, the likeliest of them."""
        named = [(i, name) for i, name in self._categories if row[i] >= FLOOR]
        yield from named
        means = self.model.card["means"]
        if row[self._any] >= 0.5 and not any(name in means for _, name in named):
            likeliest = max(means, key=lambda name: row[self.model.heads.index(name)])
            yield self._any, likeliest

    def _repeated(
        self, conversation: Conversation, place: Sequence[int | None], view: _View
    ) -> Iterator[Finding]:
        least = self.policy.limits.repeated_demands
        if least is None or len(place) < least:
            return
        for found in repetition.find(conversation, view.batch, place)[:1]:
            if found.count >= least:
                why = f"同じ内容の要求が言い方を変えながら{found.count}回あります"
                score = 1 - 0.5 ** (found.count - least + 1)
                yield Finding("persistence", None, 0, 0, score, "repetition", why, found.turns)

    def _measured(
        self, conversation: Conversation, history: Sequence[Conversation]
    ) -> Iterator[Finding]:
        limits = self.policy.limits
        seen = conduct.observe(conversation, history, days=limits.contact_days)
        if limits.call_minutes is not None and (seen.minutes or 0) >= limits.call_minutes:
            why = f"通話が{seen.minutes:.0f}分続いています（目安{limits.call_minutes:g}分）"
            yield Finding("restraint", None, 0, 0, 0.6, "conduct", why)
        if limits.contacts is not None and seen.contacts >= limits.contacts:
            why = f"{limits.contact_days:g}日間に{seen.contacts}回の連絡があります（目安{limits.contacts}回）"
            yield Finding("persistence", None, 0, 0, 0.6, "conduct", why)


@dataclass(slots=True)
class _View:
    """One analysed batch: ``first_unit[i]`` is where the units of text ``i`` begin."""

    tools: _Tools
    batch: Batch
    units: NDArray[np.int64]
    first_unit: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    anchored: NDArray[np.bool_]


def _within(start: int, end: int, ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether most of [start, end) lies in what the speaker only passes on."""
    inside = sum(max(0, min(end, b) - max(start, a)) for a, b in ranges)
    return 2 * inside > end - start


def _take(source: Iterator[Conversation]) -> list[Conversation]:
    chunk: list[Conversation] = []
    turns = 0
    for conversation in source:
        chunk.append(conversation)
        turns += len(conversation.turns)
        if turns >= BATCH_TURNS:
            break
    return chunk


def default_screener(policy: str | Path | None = None) -> Screener:
    """The shipped model and rules under a policy: its id, a path, or None for the default one."""
    return Screener(Classifier.load(), RuleSet.load(), load_policy(policy or "medical-care"))
