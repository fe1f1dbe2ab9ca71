"""Findings become proposed flags: joined, tied to a provision, and put in the order of the queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..records import Conversation, Finding, Flag, Priority
from .model import Category, Policy

#: No machine is ever certain: joined scores stay under this, unless one detector alone says more.
CAP = 0.99
#: Findings with nothing but this many signs or spaces between them are on the same words.
GAP = 3
_ORDER = {priority: i for i, priority in enumerate(Priority)}


def propose(
    policy: Policy,
    conversation: Conversation,
    findings: Sequence[Finding],
    scores: Mapping[str, float],
) -> tuple[Flag, ...]:
    """Flags in the order of priority, score and place; pure, whatever order the findings come in.

    Findings of one category that overlap or touch in one turn become one flag on all their words, and
    so do those that only the whole conversation carries. Labels that no category of the policy listens
    to are left out, and so is what stays under the category's threshold. ``scores`` are of whole
    conversations and change nothing: a flag without words or turns to show would explain nothing.
    """
    if not findings:
        return ()
    places: dict[tuple[str, int | None], list[Finding]] = {}
    by_label = policy.by_label
    for finding in findings:
        for category in by_label.get(finding.category, ()):
            places.setdefault((category.id, finding.turn), []).append(finding)
    flags: list[Flag] = []
    for (name, turn), found in places.items():
        category = policy.categories[name]
        text = "" if turn is None else conversation.turns[turn].text
        for group in [found] if turn is None else _joined(found, text):
            score = _score(group)
            if score >= category.threshold:
                flags.append(_flag(policy, category, turn, text, group, score))
    flags.sort(key=_rank)
    return tuple(flags)


def _rank(flag: Flag) -> tuple[int, float, int, int, str]:
    turn = -1 if flag.turn is None else flag.turn
    return (_ORDER[flag.priority], -flag.score, turn, flag.start, flag.category)


def _joined(found: list[Finding], text: str) -> Iterator[list[Finding]]:
    if len(found) == 1:
        yield found
        return
    found.sort(key=lambda f: (f.start, f.end, f.detector, f.why, f.score))
    group, end = [found[0]], found[0].end
    for finding in found[1:]:
        start = finding.start
        if start <= end or (start - end <= GAP and not any(c.isalnum() for c in text[end:start])):
            group.append(finding)
            end = max(end, finding.end)
        else:
            yield group
            group, end = [finding], finding.end
    yield group


def _score(group: list[Finding]) -> float:
    """The chance that not all kinds of detector are wrong.

    Findings of one kind share their blind spots, so only the best of each kind counts; a rule and the
    classifier are one kind, for the words are weighed with the rules that match in them. Words,
    repetition and conduct are taken as independent of each other.
    """
    if len(group) == 1:
        return group[0].score
    best: dict[str, float] = {}
    for finding in group:
        kind = finding.detector.partition(":")[0]
        kind = "words" if kind in ("rule", "classifier") else kind
        best[kind] = max(best.get(kind, 0.0), finding.score)
    wrong = 1.0
    for score in sorted(best.values()):
        wrong *= 1.0 - score
    return max(min(CAP, 1.0 - wrong), *best.values())


def _flag(
    policy: Policy,
    category: Category,
    turn: int | None,
    text: str,
    group: list[Finding],
    score: float,
) -> Flag:
    reasons = {f.why: None for f in sorted(group, key=lambda f: (-f.score, f.detector, f.why))}
    why = f"{policy.leads[category.id]}のおそれ：{'／'.join(reasons)}"
    start, end = min(f.start for f in group), max(f.end for f in group)
    return Flag(
        category=category.id,
        provision=category.provision,
        turn=turn,
        start=start,
        end=end,
        text=text[start:end],
        score=score,
        detectors=tuple(sorted({f.detector for f in group})),
        why=why,
        priority=category.priority,
        evidence=tuple(sorted({turn for f in group for turn in f.evidence})),
    )
