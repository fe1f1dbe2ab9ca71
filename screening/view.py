"""What is computed for a batch of conversations at once, before each is looked at by itself.

Tokens, units of text, their scores and probabilities, the rules' matches, the judgement of each
conversation, and the second reader's word where there is one.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from . import repetition
from .classifier import Classifier, Encoder
from .classifier.facts import logistic, logit
from .classifier.judgement import Judged, Units, found
from .classifier.model import ANY
from .records import Conversation, Kind, Speaker, Turn, within
from .rules import RuleMatch, RuleSet
from .second_reader import Marks, SecondReader, Side, read_again
from .text.analyzer import Analyzer, Batch

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
#: Whose words show how a call goes.
_ANSWERING = frozenset([Speaker.AGENT])
_SURE = logit(SURE)

#: A rule's match and the unit that holds it.
_Match = tuple[RuleMatch, int]
#: Agents' texts, their units, the text of each unit, and the units' scores.
_Answers = tuple[Batch, NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]


@dataclass(slots=True)
class _Tools:
    """The work space of one thread."""

    analyzer: Analyzer
    encoder: Encoder
    #: The answers where no agent said anything.
    silence: _Answers | None = None


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
    marks: dict[int, Marks]
    read_again: NDArray[np.bool_]
    spoken: defaultdict[int, Spoken] = field(default_factory=lambda: defaultdict(Spoken))
    _content: repetition.Content | None = None

    @property
    def content(self) -> repetition.Content:
        """The content words of the batch."""
        if self._content is None:
            self._content = repetition.content_words(self.batch)
        return self._content

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
        self._any = model.heads.index(ANY)

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
        screened, answered = _texts(conversations)
        turns, first_text = screened.turns, screened.first
        batch = tools.analyzer.analyze(screened.texts)
        units, owner, scores = model.customer.read(tools.encoder, batch)
        customer = Units(scores, units, _bounds(owner, first_text))
        own = np.empty(len(units), np.bool_)
        own.fill(True)
        known = np.zeros((len(conversations), 3), np.float32)
        for i, conversation in enumerate(conversations):
            if conversation.kind is Kind.EMAIL:
                known[i, 2] = 1
                _mark_passed_on(conversation, range(first_text[i], first_text[i + 1]), turns, batch, units, owner, own)  # fmt: skip
        matches: dict[int, list[_Match]] = {}
        placed: list[tuple[int, int, float]] = []
        for text, signs in self._worth_a_look(batch).items():
            i = bisect_right(first_text, text) - 1 if len(conversations) > 1 else 0
            found = self._matches(conversations[i].turns[turns[text]], text, signs, batch, tools)
            if found:
                first, last = np.searchsorted(owner, [text, text + 1]).tolist()
                matches[text] = [
                    (match, _unit_at(start, units, first, last)) for match, start in found
                ]
                for match, unit in matches[text]:
                    if match.category in self._head:
                        strength = model.stack.strength(match.rule_id, match.score)
                        placed.append((unit, self._head[match.category], strength))
                    if match.category in model.stack.offsets:
                        known[i, 1] = max(known[i, 1], min(known[i, 0], match.score))
                        known[i, 0] = max(known[i, 0], match.score)
        spoken, theirs, their_text, answer_scores = self._answers(answered.texts, tools)
        agent = Units(answer_scores, theirs, _bounds(their_text, answered.first))
        judged = model.judge(customer, own, agent, known, placed, HEARD)
        again, marks = np.zeros(len(conversations), np.bool_), dict[int, Marks]()
        if self.second_reader:
            both = (
                Side(batch, units, owner, turns, customer.bounds.tolist()),
                Side(spoken, theirs, their_text, answered.turns, agent.bounds.tolist()),
            )
            again, marks = read_again(self.second_reader, both, own, judged.probabilities, judged.judged, judged.whole, may_read=judged.heard)  # fmt: skip
        view = View(
            tools,
            batch,
            units,
            judged.probabilities,
            customer.bounds.tolist(),
            first_text,
            turns,
            owner,
            matches,
            judged.judged,
            judged.heard,
            [{} for _ in conversations],
            marks,
            again,
        )
        self._find_spoken(view, judged, customer.bounds)
        return view

    def _answers(self, texts: Sequence[str], tools: _Tools) -> _Answers:
        """The agents' texts, their units with the text of each, and scores."""
        if not texts and tools.silence:
            return tools.silence
        batch = tools.analyzer.analyze(texts, words=False)
        answers = batch, *self.model.agent.read(tools.encoder, batch)
        if not texts:
            tools.silence = answers
        return answers

    def _find_spoken(self, view: View, judged: Judged, bounds: NDArray[np.int64]) -> None:
        """Fills ``view.scores``, and ``view.spoken`` with the conversations, few as a rule, in which
        something was found."""
        strong, best, whole = found(judged.probabilities, judged.whole, bounds, FLOOR, SHOWN)
        heads = self.model.heads
        for i, head, score in best:
            if head != self._any:
                view.scores[i][heads[head]] = score
        for unit, i in strong:
            view.spoken[i].units.append(unit)
        for text, matches in view.matches.items():
            view.spoken[bisect_right(view.first_text, text) - 1].matches += [(text, *m) for m in matches]  # fmt: skip
        for i, head, score in whole:
            view.spoken[i].whole.append((heads[head], score))
        for i, judgement in enumerate(view.judged.tolist()):
            if judgement >= _SURE:
                view.spoken[i].judged = float(logistic(view.judged[i]))

    def _worth_a_look(self, batch: Batch) -> dict[int, _Signs]:
        """The texts that an anchor or an anchored lemma speaks for; few, as a rule."""
        worth: defaultdict[int, _Signs] = defaultdict(_Signs)
        marked = batch.column("anchor")
        if np.count_nonzero(marked):
            anchored = np.flatnonzero(marked)
            texts = np.searchsorted(batch.token_offsets, anchored, "right") - 1
            features, numbers = batch.table.features, batch.feature[anchored].tolist()
            starts = batch.start[anchored].tolist()
            for number, text, start in zip(numbers, texts.tolist(), starts, strict=True):
                worth[text].lemmas.append((start, features[number].lemma or ""))
        for text, start, number in self.rules.anchored(batch.codes, batch.offsets):
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


@dataclass(slots=True)
class _Texts:
    """Texts in the order of their turns: ``turns`` are the numbers of these, and ``first`` (conversations
    + 1,) says where each conversation's begin."""

    texts: list[str] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=lambda: [0])


def _texts(conversations: Sequence[Conversation]) -> tuple[_Texts, _Texts]:
    """What is screened, mails whole, and what was answered in calls."""
    screened, answered = _Texts(), _Texts()
    for conversation in conversations:
        is_mail = conversation.kind is Kind.EMAIL
        for number, turn in enumerate(conversation.turns):
            if not turn.text:
                continue
            if is_mail or turn.speaker in SCREENED:
                screened.texts.append(turn.text)
                screened.turns.append(number)
            elif turn.speaker in _ANSWERING:
                answered.texts.append(turn.text)
                answered.turns.append(number)
        screened.first.append(len(screened.texts))
        answered.first.append(len(answered.texts))
    return screened, answered


def _bounds(owner: NDArray[np.int32], first_text: Sequence[int]) -> NDArray[np.int64]:
    """Where the units of each conversation begin, from the text of each unit."""
    if len(first_text) == 2:
        return np.array([0, len(owner)], np.int64)
    return np.searchsorted(owner, first_text)


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
