"""Composes the detectors: a conversation goes in, findings and proposed flags come out.

Pure given the conversation, the model, the rules, the policy and the history that the caller passes:
a live call, an inbox and an archive get the same answer, alone or in a batch, in any order, in any
number of threads and processes.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
#: Of a conversation's scores, those under this probability are left out as nothing.
SHOWN = 0.01
#: Turns analysed at once; large enough to spread the cost of a call, small enough to stay in cache.
BATCH_TURNS = 2048
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
        turns: list[int] = []
        first_text = [0]
        for conversation in conversations:
            mail = conversation.kind is Kind.EMAIL
            for number, turn in enumerate(conversation.turns):
                if turn.text and (mail or turn.speaker in SCREENED):
                    texts.append(turn.text)
                    turns.append(number)
            first_text.append(len(texts))
        batch = tools.analyzer.analyze(texts)
        units, owner = cut(batch)
        view = _View(
            tools,
            batch,
            units,
            self.model.probabilities(tools.encoder, batch, units),
            turns,
            repetition.content_words(batch),
        )
        worth = self._worth_a_look(view, owner)
        scores = self._scores(view, np.searchsorted(owner, first_text))
        places = sorted(worth)
        results, at = [], 0
        for i, (conversation, history) in enumerate(zip(conversations, histories, strict=True)):
            findings: list[Finding] = []
            while at < len(places) and places[at] < first_text[i + 1]:
                findings += self._in_text(conversation, places[at], worth[places[at]], view)
                at += 1
            findings += self._repeated(conversation, range(first_text[i], first_text[i + 1]), view)
            findings += self._measured(conversation, history)
            results.append(self._result(conversation, findings, scores[i]))
        return results

    def _worth_a_look(self, view: _View, owner: NDArray[np.int32]) -> dict[int, _Signs]:
        """The texts that a unit's score, an anchor or an anchored lemma speaks for; few, as a rule."""
        batch = view.batch
        worth: defaultdict[int, _Signs] = defaultdict(_Signs)
        strong = np.flatnonzero(view.probabilities.max(axis=1, initial=0) >= FLOOR)
        for unit, text in zip(strong.tolist(), owner[strong].tolist(), strict=True):
            worth[text].units.append(unit)
        anchored = np.flatnonzero(batch.column("anchor"))
        texts = np.searchsorted(batch.token_offsets, anchored, "right") - 1
        features, numbers = batch.table.features, batch.feature[anchored].tolist()
        starts = batch.start[anchored].tolist()
        for number, text, start in zip(numbers, texts.tolist(), starts, strict=True):
            worth[text].lemmas.append((start, features[number].lemma or ""))
        for text, start, number in self.rules.anchored(batch.whole(), batch.offsets):
            worth[text].anchors.append((start, number))
        return worth

    def _scores(self, view: _View, bounds: NDArray[np.int64]) -> list[dict[str, float]]:
        """For each conversation its best probability in each category, where that is not nothing."""
        scores: list[dict[str, float]] = [{} for _ in bounds[1:]]
        filled = np.flatnonzero(bounds[1:] > bounds[:-1])
        if len(filled):
            best = np.maximum.reduceat(view.probabilities, bounds[filled], axis=0)
            rows, columns = np.nonzero(best >= SHOWN)
            for row, column, score in zip(
                filled[rows].tolist(), columns.tolist(), best[rows, columns].tolist(), strict=True
            ):
                if column != self._any:
                    scores[row][self.model.heads[column]] = score
        return scores

    def _result(
        self, conversation: Conversation, findings: list[Finding], scores: dict[str, float]
    ) -> ScreeningResult:
        for finding in findings:
            scores[finding.category] = max(scores.get(finding.category, 0.0), finding.score)
        flags = self.policy.propose(conversation, findings, scores) if findings else ()
        return ScreeningResult(
            conversation.id,
            self.policy.needs_review(flags),
            self.policy.version,
            self.model.id,
            scores,
            flags,
        )

    def _in_text(
        self, conversation: Conversation, text: int, signs: _Signs, view: _View
    ) -> Iterator[Finding]:
        turn = view.turns[text]
        not_own = conversation.turns[turn].not_own
        folded: Folded | None = None
        for unit in signs.units:
            folded = folded or view.batch.fold(text)
            row = view.probabilities[unit]
            for head, name in self._heads(row):
                column = self._any if name != self.model.heads[head] else head
                place = self.model.evidence(
                    view.tools.encoder, view.batch, view.units[unit], column
                )
                start, end = folded.span(*place)
                if not _within(start, end, not_own):
                    why = "学習した語の並びから"
                    yield Finding(name, turn, start, end, float(row[column]), "classifier", why)
        if not signs.anchors and not signs.lemmas:
            return
        matches = self.rules.find(
            view.batch.text(text),
            lambda: view.batch.words(text),
            signs.lemmas,
            signs.anchors,
            lambda written: view.tools.analyzer.analyze([written]).words(0),
        )
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

    def _repeated(self, conversation: Conversation, texts: range, view: _View) -> Iterator[Finding]:
        least = self.policy.limits.repeated_demands
        if least is None or len(texts) < least:
            return
        place: list[int | None] = [None] * len(conversation.turns)
        for text in texts:
            place[view.turns[text]] = text
        for found in repetition.find(conversation, view.batch, place, view.content)[:1]:
            if found.count >= least:
                why = f"同じ内容の要求が言い方を変えながら{found.count}回あります"
                score = 1 - 0.5 ** (found.count - least + 1)
                yield Finding("persistence", None, 0, 0, score, "repetition", why, found.turns)

    def _measured(
        self, conversation: Conversation, history: Sequence[Conversation]
    ) -> Iterator[Finding]:
        limits = self.policy.limits
        if not history and all(turn.end_ms is None for turn in conversation.turns):
            return
        seen = conduct.observe(conversation, history, days=limits.contact_days)
        if limits.call_minutes is not None and (seen.minutes or 0) >= limits.call_minutes:
            why = f"通話が{seen.minutes:.0f}分続いています（目安{limits.call_minutes:g}分）"
            yield Finding("restraint", None, 0, 0, 0.6, "conduct", why)
        if limits.contacts is not None and seen.contacts >= limits.contacts:
            why = f"{limits.contact_days:g}日間に{seen.contacts}回の連絡があります（目安{limits.contacts}回）"
            yield Finding("persistence", None, 0, 0, 0.6, "conduct", why)


@dataclass(slots=True)
class _View:
    """One analysed batch: ``turns[i]`` is the turn of text ``i`` in its conversation."""

    tools: _Tools
    batch: Batch
    units: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    turns: list[int]
    content: repetition.Content


@dataclass(slots=True)
class _Signs:
    """Why a text is worth a look: units that score, anchors (start, number), lemmas (start, lemma)."""

    units: list[int] = field(default_factory=list)
    anchors: list[tuple[int, int]] = field(default_factory=list)
    lemmas: list[tuple[int, str]] = field(default_factory=list)


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
