"""Composes the detectors: a conversation goes in, findings and proposed flags come out.

Pure given the conversation, the model, the rules, the policy and the history that the caller passes:
a live call, an inbox and an archive get the same answer, alone or in a batch, in any order, in any
number of threads and processes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from . import conduct, repetition
from .classifier import Classifier
from .classifier.facts import logistic
from .classifier.model import ANY
from .errors import ModelError
from .policy import Policy, load_policy
from .records import Conversation, Finding, Flag, ScreeningResult
from .rules import RuleSet
from .second_reader import SecondReader
from .view import FLOOR, SURE, View, Viewer

#: A sentence is pointed at where it is at least as likely as this; under it, the conversation as a whole
#: carries the category. Chosen on the dev hands: a wrong sentence costs more than none.
POINTED = 0.75
#: The same for a sentence in a conversation of which too little was said to judge it. Chosen, like
#: ``HEARD``, between the gate's single sentences and false flags on harmless text by real people.
ALONE = 0.7
#: A rule of at least this score names words that say it by themselves at the start of a call, before
#: there is a tone to judge; ``DOUBT`` is what the prior can take from them at the most.
PLAIN, DOUBT = 0.8, 0.3
#: Once it has been heard, a sentence that sounds bad in a conversation judged under this logit is taken for
#: what it only sounds like. Chosen on the dev hands.
CALM = -1.5
#: Where the second reader read as well: a sentence is pointed at where it is at least as likely as this to
#: hold any means, for what is surely harassment may be of one category or the next. Chosen on the dev hands.
POINTED_AGAIN, CALM_AGAIN = 0.87, -2.0
#: Where it read and the whole conversation carries a category that no sentence is pointed at for, the likeliest
#: one is from here on. Chosen on the dev hands.
LIKELIEST_AGAIN = 0.6
#: Turns named as evidence of what only the whole conversation shows, and how likely each of them must be
#: beside the likeliest: reviewers signed a second one at half of it that said nothing of the category.
EVIDENCE_TURNS, BESIDE_LIKELIEST = 3, 0.7
LEARNED = "手がかりの言葉：{words}"
LEARNED_UNNAMED = "文字の並びから見つけました"
#: The longest stretch, in code points, that a reason quotes whole; of a longer one its words alone.
QUOTED_WHOLE = 24
#: What says something to a reader by itself: an ending or a particle alone does not.
_TELLING = re.compile(r"[^ぁ-んー\W]|[ぁ-んー]{3}")
#: A stem by itself (入っ, 開い) is no word to a reader: it is quoted with as much of its ending.
_STEM, _ENDING = re.compile(r"[^ぁ-んー\W]+[ぁ-ん]+"), re.compile(r"[ぁ-ん]{1,3}")
#: A category of at least this probability is named among what was considered.
CONSIDERED = 0.15
WHOLE = "会話全体の言葉と応対の流れから"
READ_AGAIN = "二人目の読み手も読んだうえでの"
#: Turns analysed at once; large enough to spread the cost of a call, small enough to stay in cache.
BATCH_TURNS = 2048
BATCH_CHARACTERS = 48_000


class Screener:
    """Screens conversations; safe to share between threads, and cheap to make after the first."""

    def __init__(
        self,
        model: Classifier,
        rules: RuleSet,
        policy: Policy,
        second_reader: SecondReader | None = None,
    ) -> None:
        """With a ``second_reader``, what the model is unsure of is read again.

        Raises:
            ModelError: where the second reader's word was weighed with another model's.
        """
        if second_reader and second_reader.card["weighed_with"] != model.id:
            raise ModelError(
                f"the second reader {second_reader.id} was weighed with"
                f" {second_reader.card['weighed_with']}, not with {model.id}; install both from one"
                " release, or run 'make train-second-reader'"
            )
        self.model, self.rules, self.policy = model, rules, policy
        self.second_reader = second_reader
        #: What found a flag: the model's id, and the second reader's where there is one.
        self.detectors = f"{model.id}+{second_reader.id}" if second_reader else model.id
        self.viewer = Viewer(model, rules, second_reader)
        self._categories = [(i, name) for i, name in enumerate(model.heads) if name != ANY]
        self._head = {name: i for i, name in self._categories}
        self._any = model.heads.index(ANY)

    def with_policy(self, policy: Policy) -> Screener:
        """The same detectors under another policy."""
        return Screener(self.model, self.rules, policy, self.second_reader)

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

    def _screen(
        self, conversations: Sequence[Conversation], histories: Sequence[Sequence[Conversation]]
    ) -> list[ScreeningResult]:
        view = self.viewer.view(conversations)
        least = self.policy.limits.repeated_demands
        results = []
        for i, (conversation, history) in enumerate(zip(conversations, histories, strict=True)):
            findings = list(self._said(conversation, i, view)) if i in view.spoken else []
            if least is not None and len(texts := view.texts_of(i)) >= least:
                findings += self._repeated(conversation, texts, view, least)
            if history or any(turn.end_ms is not None for turn in conversation.turns):
                findings += self._measured(conversation, history)
            results.append(self._result(conversation, findings, view.scores[i]))
        return results

    def _result(
        self, conversation: Conversation, findings: list[Finding], scores: dict[str, float]
    ) -> ScreeningResult:
        flags: tuple[Flag, ...] = ()
        if findings:
            for finding in findings:
                scores[finding.category] = max(scores.get(finding.category, 0.0), finding.score)
            flags = self.policy.propose(conversation, findings, scores)
        return ScreeningResult(
            conversation.id,
            bool(flags) and self.policy.needs_review(flags),
            self.policy.version,
            self.detectors,
            scores,
            flags,
        )

    def _said(self, conversation: Conversation, i: int, view: View) -> Iterator[Finding]:
        """What the words show: sentence by sentence, by rule, and over the whole conversation."""
        stack = self.model.stack
        spoken = view.spoken[i]
        pointed: set[str] = set()
        again, heard = bool(view.read_again[i]), bool(view.heard[i])
        calm = CALM_AGAIN if again else CALM
        most = SURE - 0.01 if view.judged[i] < calm and heard else 1.0
        likeliest = self._likeliest(i, view) if again and most >= SURE else {}

        def weighed(name: str, score: float, unit: int) -> float:
            if name not in stack.offsets or likeliest.get(name) == unit:
                return score
            score = min(score, most)
            if again:
                points = view.probabilities[unit, self._any] >= POINTED_AGAIN
            else:
                points = score >= (POINTED if heard else ALONE)
            return score if points else min(score, SURE - 0.01)

        for unit in spoken.units:
            row = view.probabilities[unit].tolist()
            for head, name in self._categories:
                if row[head] >= FLOOR:
                    score = weighed(name, row[head], unit)
                    if score >= SURE:
                        pointed.add(name)
                    yield self._in_unit(unit, head, name, score, i, row, view)
        for text, match, at in sorted(spoken.matches, key=lambda m: m[0]):
            score = match.score
            if match.category in self._head:
                score = weighed(match.category, float(view.probabilities[at, self._head[match.category]]), at)  # fmt: skip
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

    def _in_unit(self, unit: int, head: int, name: str, score: float, i: int, row: list[float], view: View) -> Finding:  # fmt: skip
        text = int(view.owner[unit])
        place, words = self.model.evidence(view.tools.encoder, view.batch, view.units[unit], head)
        fold, original = view.batch.fold(text), view.batch.originals[text]
        marks = view.marks.get(unit)
        if marks and (stretch := marks.stretch(head)):
            begins = int(view.units[unit, 0] - view.units[unit, 4])
            place = begins + stretch[0], begins + stretch[1]
        start, end = fold.span(*place)
        # As it was said: tokens by themselves are stems that nobody reads as words.
        if words and end - start <= QUOTED_WHOLE:
            said = [original[start:end].strip()]
        else:
            said = [w for at in words if _TELLING.search(w := _spoken(original, *fold.span(*at)))]
        shown = "".join(f"「{words}」" for words in said)
        why = LEARNED.format(words=shown) if shown else LEARNED_UNNAMED
        return Finding(name, view.turns[text], start, end, score, "classifier", why + self._context(unit, name, i, row, view))  # fmt: skip

    def _context(self, unit: int, name: str, i: int, row: list[float], view: View) -> str:
        """How the conversation weighed on a sentence, and what else was considered there."""
        chance = logistic(float(view.judged[i]))
        readers = READ_AGAIN if unit in view.marks else ""
        said = (
            f"（{readers}会話全体の見立て{chance:.0%}" if name in self.model.stack.offsets else "（"
        )
        considered = [
            (row[head], categories[0].name)
            for head, other in self._categories
            if other != name
            and CONSIDERED <= row[head] < SURE
            and (categories := self.policy.by_label.get(other))
        ]
        if considered:
            most = sorted(considered, reverse=True)[:2]
            names = "・".join(f"{title}{score:.0%}" for score, title in most)
            said += f"{'。' if said != '（' else ''}ほかに検討して届かず：{names}"
        return f"{said}）" if said != "（" else ""

    def _likeliest(self, i: int, view: View) -> dict[str, int]:
        """For each category that the whole carries, its likeliest sentence, if that is likely enough."""
        found = {}
        first, last = view.bounds[i], view.bounds[i + 1]
        for name, score in view.spoken[i].whole:
            if score >= SURE:
                unit = first + int(view.probabilities[first:last, self._head[name]].argmax())
                if view.probabilities[unit, self._head[name]] >= LIKELIEST_AGAIN:
                    found[name] = unit
        return found

    def _turns_for(self, name: str, i: int, view: View) -> tuple[int, ...]:
        """The turns that speak most for a category that only the whole conversation shows."""
        first, last = view.bounds[i], view.bounds[i + 1]
        scores = view.probabilities[first:last, self.model.heads.index(name)]
        best = np.argsort(-scores, kind="stable")[:EVIDENCE_TURNS]
        best = best[scores[best] >= BESIDE_LIKELIEST * scores[best[:1]]]
        return tuple(sorted({view.turns[int(view.owner[first + unit])] for unit in best.tolist()}))

    def _repeated(
        self, conversation: Conversation, texts: range, view: View, least: int
    ) -> Iterator[Finding]:
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
        seen = conduct.observe(conversation, history, days=limits.contact_days)
        if limits.call_minutes is not None and (seen.minutes or 0) >= limits.call_minutes:
            why = f"通話が{seen.minutes:.0f}分続いています（目安{limits.call_minutes:g}分）"
            yield Finding(limits.long_calls, None, 0, 0, 0.6, "conduct", why)
        if limits.contacts is not None and seen.contacts >= limits.contacts:
            why = f"{limits.contact_days:g}日間に{seen.contacts}回の連絡があります（目安{limits.contacts}回）"
            yield Finding(limits.many_contacts, None, 0, 0, 0.6, "conduct", why)


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


def default_screener(policy: str | Path | None = None, *, second_reader: bool = False) -> Screener:
    """The shipped model and rules under a policy: its id, a path, or None for the default one.

    The model is unpacked beside the rules, for most of that needs no interpreter.

    Raises:
        ModelError: where a ``second_reader`` is wanted and its extra is not installed.
    """
    with ThreadPoolExecutor(1) as beside:
        model = beside.submit(Classifier.load)
        rules, chosen = RuleSet.load(), load_policy(policy or "medical-care")
        reader = SecondReader.load() if second_reader else None
        return Screener(model.result(), rules, chosen, reader)


def _spoken(text: str, start: int, end: int) -> str:
    """A word of ``text`` as a reader takes it in: a stem together with its ending."""
    word = text[start:end].strip()
    ending = _ENDING.match(text, end) if _STEM.fullmatch(word) else None
    return word + ending[0] if ending else word
