"""What the model card counts, on documents small enough to count by hand."""

import random

import numpy as np
import pytest

from corpora.reader import CATEGORIES, Document, LabelledSpan, LabelledTurn
from models import noise
from models.ablation import flag
from models.evaluate import contacts, count, figures, groups, measures
from models.rulebook import tally
from screening.rules import RuleSet

NONE = frozenset()


def _document(name, *turns, **more):
    said = tuple(
        LabelledTurn(who, text, tuple(LabelledSpan(a, b, (c,)) for a, b, c in spans), 0)
        for who, text, spans in turns
    )
    fields = {"series": None, "date": None, "traits": NONE} | more
    return Document(
        name, "call", "h01", "介護", "natural", "clean", NONE, fields["traits"], said, "", 0,
        fields["series"], fields["date"],
    )  # fmt: skip


BAD = _document(
    "a", ("customer", "この役立たずが", [(2, 6, "verbal_abuse")]), ("customer", "はい", [])
)
GOOD = _document(
    "b", ("customer", "ありがとう", []), ("agent", "どうも", []), traits=frozenset(["dialect"])
)


def _flag(turn, start, end, score=0.9):
    return flag("verbal_abuse", turn, start, end, "この役立たずが", score, "t")


def test_a_right_flag_and_silence_are_perfect():
    """All that is there is found, on exactly its words, and nothing else."""
    found = measures(count([BAD, GOOD], [[_flag(0, 2, 6, 1.0)], []]), np.ones(2))
    assert found["recall"] == found["macro_f1"] == found["evidence_f1"] == 1
    assert found["flagged_harmless"] == found["false_per_1000"] == found["calibration_error"] == 0


def test_wrong_words_cost_evidence_and_wrong_turns_cost_more():
    """Half of the words are a third too many; a flag on thanks is a false turn and document."""
    found = measures(count([BAD, GOOD], [[_flag(0, 2, 4)], [_flag(0, 0, 2)]]), np.ones(2))
    assert found["evidence_f1"] == pytest.approx(2 * 2 / (4 + 4))
    assert found["flagged_harmless"] == 1
    assert found["false_per_1000"] == pytest.approx(1000 / 2)
    assert found["calibration_error"] == pytest.approx(abs(2 * 0.9 - 1) / 2)


def test_what_only_the_conversation_carries_counts_by_document():
    """A flag without a turn finds the document and its category, and marks no words."""
    found = measures(count([BAD], [[flag("verbal_abuse", None, 0, 0, "", 0.9, "t")]]), np.ones(1))
    assert found["recall"] == 1
    assert found["evidence_f1"] == 0


def test_every_measure_has_an_interval():
    """The value lies between the ends; what cannot be measured is None."""
    shown = figures([BAD, GOOD] * 5, [[_flag(0, 2, 6)], []] * 5)
    assert shown["recall"]["low"] <= shown["recall"]["value"] <= shown["recall"]["high"]
    assert shown["critical_recall"]["value"] is None
    assert set(shown["categories"]) == set(CATEGORIES)


def test_a_group_is_compared_with_the_rest():
    """Of harmless documents alone, those with the trait beside those without."""
    plain = _document("c", ("customer", "こんにちは", []))
    shown = groups([BAD, GOOD, plain], [[], [_flag(0, 0, 2)], []])["dialect"]
    assert shown == {"documents": 1, "flagged": 1, "share": 1.0, "rest": 0.0}


def test_earlier_contacts_of_a_series_come_along():
    """Only what came before, of the same customer."""
    first = _document("s1", ("customer", "一", []), series="s", date="2026-01-01")
    second = _document("s2", ("customer", "二", []), series="s", date="2026-01-02")
    past = {c.id: [h.id for h in history] for c, history in contacts([second, GOOD, first])}
    assert past == {"s2": ["s1"], "b": [], "s1": []}


@pytest.mark.parametrize(
    "edit", [noise.heard(noise.confusions(["補償 保証"]), 0.2), noise.disguised]
)
def test_labels_follow_the_words_through_noise(edit):
    """A span of the changed text lies within it, and its labels stay."""
    for seed in range(20):
        changed = noise.rewritten(BAD, edit, random.Random(seed))
        for before, after in zip(BAD.turns, changed.turns, strict=True):
            assert len(after.spans) <= len(before.spans)
            assert all(0 <= s.start < s.end <= len(after.text) for s in after.spans)


def test_the_recogniser_errs_as_often_as_it_is_told():
    """At a rate of nought only signs are lost; at one hardly a word stays."""
    text = "昨日の件で、電話をしました。"
    kept = noise.heard({}, 0.0)(text, random.Random(1))
    assert "".join(p[0] for p in kept) == "昨日の件で電話をしました"
    lost = noise.heard({}, 1.0)(text, random.Random(1))
    assert sum(words == text[a:b] for words, a, b in lost) <= 1


def test_a_rule_is_tallied_by_turn():
    """A match in a labelled turn is right, one elsewhere is not, and every rule is listed."""
    rules = RuleSet.load()
    wrong = _document("d", ("customer", "この役立たずが", []))
    rows = {t.rule: t for t in tally([BAD, wrong], rules)}
    assert len(rows) == len(rules.rules)
    found = [t for t in rows.values() if t.matched]
    assert found
    assert all((t.matched, t.right) == (2, 1) for t in found if t.rule.startswith("verbal_abuse"))
