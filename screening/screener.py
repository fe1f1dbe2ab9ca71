"""Composes the detectors: a conversation goes in, findings and proposed flags come out.

Pure given the conversation, the model, the rules, the policy and the history that the caller passes:
a live call, an inbox and an archive get the same answer, alone or in a batch, in any order, in any
number of threads and processes.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import conduct, repetition
from .classifier import Classifier, Encoder, cut
from .classifier.model import ANY
from .classifier.stack import (
    AROUND,
    OF_UNITS,
    features_of,
    logistic,
    logit,
    read_units,
    surroundings,
    weights_of,
)
from .policy import Policy, load_policy
from .records import Conversation, Finding, Kind, ScreeningResult, Speaker, Turn
from .rules import RuleMatch, RuleSet
from .text.analyzer import Analyzer, Batch

#: Below this probability a unit of text is not worth a finding: policies set thresholds above it.
FLOOR = 0.2
#: Of a conversation's scores, those under this probability are left out as nothing.
SHOWN = 0.01
#: From here on a probability counts as found, so that the whole conversation need not speak for it.
SURE = 0.5
#: A sentence is pointed at where it is at least as likely as this; under it, the conversation as a whole
#: carries the category. Chosen on hands left out: a wrong sentence costs more than none.
POINTED = 0.6
#: The same for a sentence in a conversation of which too little was said to judge it. Chosen, like
#: ``HEARD``, between the gate's single sentences and false flags on harmless text by real people.
ALONE = 0.7
#: A rule of at least this score names words that say it by themselves at the start of a call, before
#: there is a tone to judge; ``DOUBT`` is what the prior can take from them at the most.
PLAIN, DOUBT = 0.8, 0.3
#: So much must have been said, in the weight of units (about three sentences), to judge by the tone.
HEARD = 12.0
#: Once it has been heard, a sentence that sounds bad in a conversation judged under this logit is taken for
#: what it only sounds like. Chosen on the dev hands.
CALM = -1.5
#: Turns named as evidence of what only the whole conversation shows.
EVIDENCE_TURNS = 3
LEARNED = "検出器が手がかりにした言葉：{words}"
LEARNED_UNNAMED = "検出器が文字の並びから見つけました"
#: The longest stretch, in code points, that a reason quotes whole; of a longer one its words alone.
QUOTED_WHOLE = 24
#: A category of at least this probability is named among what was considered.
CONSIDERED = 0.15
WHOLE = "会話全体の言葉と応対の流れから"
#: Turns analysed at once; large enough to spread the cost of a call, small enough to stay in cache.
BATCH_TURNS = 2048
BATCH_CHARACTERS = 48_000
#: Whose words are screened. An unknown speaker may be the customer, so is not passed over.
SCREENED = frozenset([Speaker.CUSTOMER, Speaker.UNKNOWN])


#: A rule's match and the unit that holds it.
_Match = tuple[RuleMatch, int]


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
        self._categories = [(i, name) for i, name in enumerate(model.heads) if name != ANY]
        self._head = {name: i for i, name in self._categories}

    def with_policy(self, policy: Policy) -> Screener:
        """The same detectors under another policy."""
        return Screener(self.model, self.rules, policy)

    def screen(
        self, conversation: Conversation, *, history: Sequence[Conversation] = ()
    ) -> ScreeningResult:
        """Screens one conversation; ``history`` are earlier contacts of the same customer."""
        return self._screen([conversation], [history])[0]

    def screen_many(
        self,
        conversations: Iterable[Conversation],
        *,
        history: Callable[[Conversation], Sequence[Conversation]] = lambda conversation: (),
    ) -> Iterator[ScreeningResult]:
        """Screens any number of conversations, in order, holding only a batch of them.

        ``history`` gives the earlier contacts of a conversation's customer (``contacts.Contacts``).
        """
        source = iter(conversations)
        while chunk := _take(source):
            yield from self._screen(chunk, [history(c) for c in chunk])

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
        view = self._view(conversations)
        results = []
        for i, (conversation, history) in enumerate(zip(conversations, histories, strict=True)):
            findings = list(self._said(conversation, i, view)) if i in view.spoken else []
            findings += self._repeated(conversation, view.texts_of(i), view)
            findings += self._measured(conversation, history)
            results.append(self._result(conversation, findings, view.scores[i]))
        return results

    def _view(self, conversations: Sequence[Conversation]) -> _View:
        """Everything that is computed for many conversations at once."""
        tools, model = self._tools(), self.model
        texts, turns, first_text = _texts(conversations, _screened)
        answers, _, first_answer = _texts(conversations, _answered)
        batch = tools.analyzer.analyze(texts)
        units, owner = cut(batch)
        raw = model.customer.score(tools.encoder, batch, units)
        bounds = np.searchsorted(owner, first_text)
        heads = len(model.heads)
        own = np.ones(len(units), np.bool_)
        worth = self._worth_a_look(batch)
        matches: dict[int, list[_Match]] = {}
        rules = np.zeros((len(conversations), 2), np.float32)
        for i, conversation in enumerate(conversations):
            if conversation.kind is Kind.EMAIL:
                _mark_passed_on(conversation, range(first_text[i], first_text[i + 1]), turns, batch, units, owner, own)  # fmt: skip
        for text, signs in worth.items():
            i = bisect_right(first_text, text) - 1
            found = self._matches(conversations[i].turns[turns[text]], text, signs, batch, tools)
            if found:
                first, last = np.searchsorted(owner, [text, text + 1]).tolist()
                matches[text] = [
                    (match, _unit_at(start, units, first, last)) for match, start in found
                ]
                for match, _ in found:
                    if match.category in model.stack.offsets:
                        rules[i, 1] = max(rules[i, 1], min(rules[i, 0], match.score))
                        rules[i, 0] = max(rules[i, 0], match.score)
        weights = weights_of(units[:, 1] - units[:, 0], own)
        spoken = tools.analyzer.analyze(answers, words=False)
        theirs, their_text = cut(spoken)
        answer_bounds = np.searchsorted(their_text, first_answer)
        answer_scores = model.agent.score(tools.encoder, spoken, theirs)
        said, answered = model.read_whole(
            raw[:, heads:],
            weights,
            bounds,
            answer_scores,
            weights_of(theirs[:, 1] - theirs[:, 0], np.ones(len(theirs), np.bool_)),
            answer_bounds,
        )
        placed = [
            (unit, self._head[match.category], model.stack.strength(match.rule_id, match.score))
            for found in matches.values()
            for match, unit in found
            if match.category in self._head
        ]
        scores = np.ascontiguousarray(raw[:, :heads])
        likely = model.ready.likely(scores, placed)
        of_units = np.empty((len(conversations), OF_UNITS), np.float32)
        read_units(scores, likely, model.ready.means, model.ready.beside, own, bounds, of_units)
        mail = np.array([c.kind is Kind.EMAIL for c in conversations], np.float32)
        judged = model.stack.judge(features_of(said, answered, of_units, rules, mail))
        of_unit = np.repeat(judged, np.diff(bounds))
        around = np.empty((len(units), AROUND), np.float32)
        surroundings(np.ascontiguousarray(raw[:, 0]), bounds, around)
        probabilities = model.ready.units(scores, of_unit, around, placed)
        probabilities[~own] = 0
        view = _View(
            tools,
            batch,
            units,
            probabilities,
            bounds.tolist(),
            first_text,
            turns,
            owner,
            matches,
            judged,
            np.bincount(np.repeat(np.arange(len(judged)), np.diff(bounds)), weights, len(judged))
            >= HEARD,
            _scores(model.heads, probabilities, bounds),
            repetition.content_words(batch),
        )
        self._find_spoken(view, said, answered)
        return view

    def _find_spoken(
        self, view: _View, said: NDArray[np.float32], answered: NDArray[np.float32]
    ) -> None:
        """Fills ``view.spoken`` with the conversations, few as a rule, in which something was found."""
        strong = np.flatnonzero(view.probabilities.max(axis=1, initial=0) >= FLOOR)
        places = np.searchsorted(view.bounds, strong, "right") - 1
        for unit, i in zip(strong.tolist(), places.tolist(), strict=True):
            view.spoken[i].units.append(unit)
        for text, matches in view.matches.items():
            view.spoken[bisect_right(view.first_text, text) - 1].matches += [(text, *m) for m in matches]  # fmt: skip
        whole = self.model.ready.whole(
            view.probabilities, np.array(view.bounds), said, answered, view.judged
        )
        for i, column in np.argwhere(whole >= FLOOR).tolist():
            view.spoken[i].whole.append((self.model.heads[column], float(whole[i, column])))
        for i in np.flatnonzero(view.judged >= logit(SURE)).tolist():
            view.spoken[i].judged = float(logistic(view.judged[i]))

    def _worth_a_look(self, batch: Batch) -> dict[int, _Signs]:
        """The texts that an anchor or an anchored lemma speaks for; few, as a rule."""
        worth: defaultdict[int, _Signs] = defaultdict(_Signs)
        anchored = np.flatnonzero(batch.column("anchor"))
        texts = np.searchsorted(batch.token_offsets, anchored, "right") - 1
        features, numbers = batch.table.features, batch.feature[anchored].tolist()
        starts = batch.start[anchored].tolist()
        for number, text, start in zip(numbers, texts.tolist(), starts, strict=True):
            worth[text].lemmas.append((start, features[number].lemma or ""))
        for text, start, number in self.rules.anchored(batch.whole(), batch.offsets):
            worth[text].anchors.append((start, number))
        return worth

    def _matches(
        self, turn: Turn, text: int, signs: _Signs, batch: Batch, tools: _Tools
    ) -> list[tuple[RuleMatch, int]]:
        """The rules' matches in the speaker's own words, at their places in the original text, each
        with where it starts in the folded one."""
        found = self.rules.find(
            batch.text(text),
            lambda: batch.words(text),
            signs.lemmas,
            signs.anchors,
            lambda written: tools.analyzer.analyze([written]).words(0),
        )
        own = []
        for match in found:
            start, end = batch.fold(text).span(match.start, match.end)
            if not _within(start, end, turn.not_own):
                own.append((replace(match, start=start, end=end), match.start))
        return own

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

    def _said(self, conversation: Conversation, i: int, view: _View) -> Iterator[Finding]:
        """What the words show: sentence by sentence, by rule, and over the whole conversation."""
        stack = self.model.stack
        spoken = view.spoken[i]
        pointed: set[str] = set()
        most = SURE - 0.01 if view.judged[i] < CALM and view.heard[i] else 1.0

        def weighed(name: str, score: float) -> float:
            if name not in stack.offsets:
                return score
            score = min(score, most)
            return (
                score if score >= (POINTED if view.heard[i] else ALONE) else min(score, SURE - 0.01)
            )

        for unit in spoken.units:
            row = view.probabilities[unit]
            for head, name in self._categories:
                if row[head] >= FLOOR:
                    score = weighed(name, float(row[head]))
                    if score >= SURE:
                        pointed.add(name)
                    yield self._in_unit(unit, head, name, score, i, view)
        for text, match, at in sorted(spoken.matches, key=lambda m: m[0]):
            score = match.score
            if match.category in self._head:
                score = weighed(match.category, float(view.probabilities[at, self._head[match.category]]))  # fmt: skip
            if match.score >= PLAIN and not view.heard[i]:
                score = max(score, match.score - DOUBT)
            if score >= SURE:
                pointed.add(match.category)
            yield Finding(match.category, view.turns[text], match.start, match.end, score, f"rule:{match.rule_id}", match.why)  # fmt: skip
        # What the whole shows and no sentence by itself does: those that come nearest are its evidence.
        for name, score in spoken.whole:
            if name not in pointed:
                if name in stack.offsets:
                    score = min(score, most if view.heard[i] else SURE - 0.01)
                if score >= SURE:
                    pointed.add(name)
                yield Finding(name, None, 0, 0, score, "classifier", WHOLE, self._turns_for(name, i, view))  # fmt: skip
        if view.heard[i] and spoken.judged and not pointed & set(stack.offsets):
            means = [(score, name) for name, score in spoken.whole if name in stack.offsets]
            if means:
                name = max(means)[1]
                yield Finding(name, None, 0, 0, spoken.judged, "classifier", WHOLE, self._turns_for(name, i, view))  # fmt: skip

    def _in_unit(self, unit: int, head: int, name: str, score: float, i: int, view: _View) -> Finding:  # fmt: skip
        text = int(view.owner[unit])
        place, words = self.model.evidence(view.tools.encoder, view.batch, view.units[unit], head)
        fold, original = view.batch.fold(text), view.batch.originals[text]
        start, end = fold.span(*place)
        # As it was said: tokens by themselves are stems that nobody reads as words.
        quoted = (
            [(start, end)]
            if words and end - start <= QUOTED_WHOLE
            else [fold.span(*w) for w in words]
        )
        shown = "".join(f"「{original[slice(*words_at)].strip()}」" for words_at in quoted)
        why = LEARNED.format(words=shown) if shown else LEARNED_UNNAMED
        return Finding(name, view.turns[text], start, end, score, "classifier", why + self._context(unit, name, i, view))  # fmt: skip

    def _context(self, unit: int, name: str, i: int, view: _View) -> str:
        """How the conversation weighed on a sentence, and what else was considered there."""
        chance = float(logistic(view.judged[i]))
        said = f"（会話全体の見立て{chance:.0%}" if name in self.model.stack.offsets else "（"
        considered = [
            (float(view.probabilities[unit, head]), categories[0].name)
            for head, other in self._categories
            if other != name
            and CONSIDERED <= view.probabilities[unit, head] < SURE
            and (categories := self.policy.by_label.get(other))
        ]
        if considered:
            most = sorted(considered, reverse=True)[:2]
            names = "・".join(f"{title}{score:.0%}" for score, title in most)
            said += f"{'。' if said != '（' else ''}ほかに検討して届かず：{names}"
        return f"{said}）" if said != "（" else ""

    def _turns_for(self, name: str, i: int, view: _View) -> tuple[int, ...]:
        """The turns that speak most for a category that only the whole conversation shows."""
        first, last = view.bounds[i], view.bounds[i + 1]
        scores = view.probabilities[first:last, self.model.heads.index(name)]
        best = np.argsort(-scores, kind="stable")[:EVIDENCE_TURNS]
        return tuple(sorted({view.turns[int(view.owner[first + unit])] for unit in best.tolist()}))

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
                yield Finding(self.policy.limits.repeats, None, 0, 0, score, "repetition", why, found.turns)  # fmt: skip

    def _measured(
        self, conversation: Conversation, history: Sequence[Conversation]
    ) -> Iterator[Finding]:
        limits = self.policy.limits
        if not history and all(turn.end_ms is None for turn in conversation.turns):
            return
        seen = conduct.observe(conversation, history, days=limits.contact_days)
        if limits.call_minutes is not None and (seen.minutes or 0) >= limits.call_minutes:
            why = f"通話が{seen.minutes:.0f}分続いています（目安{limits.call_minutes:g}分）"
            yield Finding(limits.long_calls, None, 0, 0, 0.6, "conduct", why)
        if limits.contacts is not None and seen.contacts >= limits.contacts:
            why = f"{limits.contact_days:g}日間に{seen.contacts}回の連絡があります（目安{limits.contacts}回）"
            yield Finding(limits.many_contacts, None, 0, 0, 0.6, "conduct", why)


@dataclass(slots=True)
class _View:
    """One analysed batch. ``turns[t]`` is the turn of text ``t`` in its conversation; conversation
    ``i`` has the units ``bounds[i]`` to ``bounds[i + 1]`` and as many texts by ``first_text``, and
    was ``heard`` where ``HEARD`` was said.
    """

    tools: _Tools
    batch: Batch
    units: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    bounds: list[int]
    first_text: list[int]
    turns: list[int]
    owner: NDArray[np.int32]
    matches: dict[int, list[_Match]]
    judged: NDArray[np.float32]
    heard: NDArray[np.bool_]
    scores: list[dict[str, float]]
    content: repetition.Content
    spoken: defaultdict[int, _Spoken] = field(default_factory=lambda: defaultdict(_Spoken))

    def texts_of(self, i: int) -> range:
        return range(self.first_text[i], self.first_text[i + 1])


@dataclass(slots=True)
class _Spoken:
    """What was found in one conversation: units that score, rules' matches (text, match, unit), categories
    of the whole with their probability, and the judgement's where it alone would do."""

    units: list[int] = field(default_factory=list)
    matches: list[tuple[int, RuleMatch, int]] = field(default_factory=list)
    whole: list[tuple[str, float]] = field(default_factory=list)
    judged: float = 0.0


@dataclass(slots=True)
class _Signs:
    """Why a text is worth a look: its anchors (start, number) and anchored lemmas (start, lemma)."""

    anchors: list[tuple[int, int]] = field(default_factory=list)
    lemmas: list[tuple[int, str]] = field(default_factory=list)


def _unit_at(start: int, units: NDArray[np.int64], first: int, last: int) -> int:
    """The unit from ``first`` to ``last`` that holds a place of their folded text."""
    begins = units[first:last, 0] - units[first:last, 4]
    return first + max(0, int(np.searchsorted(begins, start, "right")) - 1)


def _screened(conversation: Conversation, turn: Turn) -> bool:
    return turn.speaker in SCREENED or conversation.kind is Kind.EMAIL


def _answered(conversation: Conversation, turn: Turn) -> bool:
    return turn.speaker is Speaker.AGENT and conversation.kind is Kind.CALL


def _texts(
    conversations: Sequence[Conversation], chosen: Callable[[Conversation, Turn], bool]
) -> tuple[list[str], list[int], list[int]]:
    """The chosen turns' texts, their numbers, and where each conversation's begin."""
    texts: list[str] = []
    turns: list[int] = []
    first = [0]
    for conversation in conversations:
        for number, turn in enumerate(conversation.turns):
            if turn.text and chosen(conversation, turn):
                texts.append(turn.text)
                turns.append(number)
        first.append(len(texts))
    return texts, turns, first


def _mark_passed_on(
    conversation: Conversation,
    texts: range,
    turns: Sequence[int],
    batch: Batch,
    units: NDArray[np.int64],
    owner: NDArray[np.int32],
    own: NDArray[np.bool_],
) -> None:
    """Takes out the units of a mail that are mostly quoted from another."""
    for text in texts:
        ranges = conversation.turns[turns[text]].not_own
        if not ranges:
            continue
        first, last = np.searchsorted(owner, [text, text + 1]).tolist()
        for unit in range(first, last):
            base = int(units[unit, 4])
            span = batch.fold(text).span(int(units[unit, 0]) - base, int(units[unit, 1]) - base)
            own[unit] = not _within(*span, ranges)


def _scores(
    heads: Sequence[str], probabilities: NDArray[np.float32], bounds: NDArray[np.int64]
) -> list[dict[str, float]]:
    """For each conversation its best probability in each category, where that is not nothing."""
    scores: list[dict[str, float]] = [{} for _ in bounds[1:]]
    filled = np.flatnonzero(bounds[1:] > bounds[:-1])
    if len(filled):
        best = np.maximum.reduceat(probabilities, bounds[filled], axis=0)
        rows, columns = np.nonzero(best >= SHOWN)
        for row, column, score in zip(
            filled[rows].tolist(), columns.tolist(), best[rows, columns].tolist(), strict=True
        ):
            if heads[column] != ANY:
                scores[row][heads[column]] = score
    return scores


def _within(start: int, end: int, ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether most of [start, end) lies in what the speaker only passes on."""
    inside = sum(max(0, min(end, b) - max(start, a)) for a, b in ranges)
    return 2 * inside > end - start


def _take(source: Iterator[Conversation]) -> list[Conversation]:
    chunk: list[Conversation] = []
    turns = characters = 0
    for conversation in source:
        chunk.append(conversation)
        turns += len(conversation.turns)
        characters += sum([len(turn.text) for turn in conversation.turns])
        if turns >= BATCH_TURNS or characters >= BATCH_CHARACTERS:
            break
    return chunk


def default_screener(policy: str | Path | None = None) -> Screener:
    """The shipped model and rules under a policy: its id, a path, or None for the default one."""
    return Screener(Classifier.load(), RuleSet.load(), load_policy(policy or "medical-care"))
