"""What is computed for a batch of conversations at once, before each is looked at by itself.

Tokens, units of text, their scores and probabilities, the rules' matches, the judgement of each
conversation, and the second reader's word where there is one.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import repetition
from .classifier import Classifier, Encoder, cut
from .classifier.facts import (
    AROUND,
    OF_UNITS,
    features_of,
    logistic,
    logit,
    read_units,
    surroundings,
    weights_of,
)
from .classifier.model import ANY
from .records import Conversation, Kind, Speaker, Turn, within
from .rules import RuleMatch, RuleSet
from .second_reader import Marks, SecondReader, Side, read_again
from .text.analyzer import Analyzer, Batch

if TYPE_CHECKING:
    pass

#: Below this probability a unit of text is not worth a finding: policies set thresholds above it.
FLOOR = 0.2
#: Of a conversation's scores, those under this probability are left out as nothing.
SHOWN = 0.01
#: From here on a probability counts as found, so that the whole conversation need not speak for it.
SURE = 0.5
#: So much must have been said, in the weight of units (about three sentences), to judge by the tone.
HEARD = 12.0
#: Whose words are screened. An unknown speaker may be the customer, so is not passed over.
SCREENED = frozenset([Speaker.CUSTOMER, Speaker.UNKNOWN])

#: A rule's match and the unit that holds it.
_Match = tuple[RuleMatch, int]


@dataclass(slots=True)
class _Tools:
    """The work space of one thread."""

    analyzer: Analyzer
    encoder: Encoder


@dataclass(slots=True)
class View:
    """One analysed batch. ``turns[t]`` is the turn of text ``t`` in its conversation; conversation
    ``i`` has the units ``bounds[i]`` to ``bounds[i + 1]`` and as many texts by ``first_text``, was
    ``heard`` where ``HEARD`` was said, and ``read_again`` by the second reader, whose ``marks`` are by unit.
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
    marks: dict[int, Marks]
    read_again: NDArray[np.bool_]
    spoken: defaultdict[int, Spoken] = field(default_factory=lambda: defaultdict(Spoken))

    def texts_of(self, i: int) -> range:
        return range(self.first_text[i], self.first_text[i + 1])


@dataclass(slots=True)
class Spoken:
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


class Viewer:
    """Views batches of conversations; safe to share between threads."""

    def __init__(
        self, model: Classifier, rules: RuleSet, second_reader: SecondReader | None = None
    ) -> None:
        self.model, self.rules, self.second_reader = model, rules, second_reader
        self._local = threading.local()
        self._head = {name: i for i, name in enumerate(model.heads) if name != ANY}

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

    def view(self, conversations: Sequence[Conversation]) -> View:
        """Everything that is computed for many conversations at once."""
        tools, model = self._tools(), self.model
        texts, turns, first_text = _texts(conversations, _screened)
        answers, answer_turns, first_answer = _texts(conversations, _answered)
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
        whole = model.ready.whole(probabilities, bounds, said, answered, judged)
        of_conversation = np.repeat(np.arange(len(judged)), np.diff(bounds))
        heard = np.bincount(of_conversation, weights, len(judged)) >= HEARD
        again, marks = np.zeros(len(judged), np.bool_), dict[int, Marks]()
        if self.second_reader:
            both = (
                Side(batch, units, owner, turns, bounds.tolist()),
                Side(spoken, theirs, their_text, answer_turns, answer_bounds.tolist()),
            )
            again, marks = read_again(self.second_reader, both, own, probabilities, judged, whole, may_read=heard)  # fmt: skip
        view = View(
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
            heard,
            _scores(model.heads, probabilities, bounds),
            repetition.content_words(batch),
            marks,
            again,
        )
        self._find_spoken(view, whole)
        return view

    def _find_spoken(self, view: View, whole: NDArray[np.float32]) -> None:
        """Fills ``view.spoken`` with the conversations, few as a rule, in which something was found."""
        strong = np.flatnonzero(view.probabilities.max(axis=1, initial=0) >= FLOOR)
        places = np.searchsorted(view.bounds, strong, "right") - 1
        for unit, i in zip(strong.tolist(), places.tolist(), strict=True):
            view.spoken[i].units.append(unit)
        for text, matches in view.matches.items():
            view.spoken[bisect_right(view.first_text, text) - 1].matches += [(text, *m) for m in matches]  # fmt: skip
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
            if not within(start, end, turn.not_own):
                own.append((replace(match, start=start, end=end), match.start))
        return own


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
            own[unit] = not within(*span, ranges)


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
