"""Every rule and every spelling does what its examples say."""

import pytest

from corpora.reader import CATEGORIES
from screening.rules import RuleSet
from screening.rules.hidden import unmask
from screening.text import fold

RULES = RuleSet.load()

#: ``doc=`` labels that no words of one turn show: the whole conversation does.
_WHOLE = {"unfounded_demand", "unrelated_demand"}


def _found(text):
    return RULES.find(fold(text).text)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda r: r.id)
def test_a_rule_matches_its_examples(rule):
    """Each of a rule's examples is found by that very rule."""
    missed = [e for e in rule.matches if rule.id not in {m.rule_id for m in _found(e)}]
    assert not missed, f"{rule.place}: {rule.id}"


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda r: r.id)
def test_a_rule_leaves_its_counter_examples_alone(rule):
    """None of a rule's counter-examples is flagged by any rule of its category."""
    found = {
        e: hits
        for e in rule.must_not_match
        if (hits := [m.rule_id for m in _found(e) if m.category == rule.category])
    }
    assert not found, f"{rule.place}: {rule.id}"


@pytest.mark.parametrize("spelling", RULES.lexicon.spellings, ids=lambda s: s.place)
def test_a_disguised_spelling_is_written_out(spelling):
    """A disguise is undone in its examples and nowhere in its counter-examples."""
    for example in spelling.matches:
        assert unmask(fold(example).text, [spelling]), f"{spelling.place}: {example}"
        assert any(a in fold(example).text for a in spelling.anchors), f"anchor: {example}"
    for example in spelling.must_not_match:
        assert not unmask(fold(example).text, [spelling]), f"{spelling.place}: {example}"


def test_every_category_that_text_can_show_has_rules():
    """No category is left to the classifier alone."""
    assert set(CATEGORIES) - {r.category for r in RULES.rules} <= _WHOLE


def test_every_rule_category_is_known():
    """A rule file is named after a category of the corpus."""
    assert {r.category for r in RULES.rules} <= set(CATEGORIES)


def test_a_match_on_a_disguise_points_at_what_was_written():
    """Evidence of a disguised word is the disguise itself, in the folded text."""
    text = "もうタヒねよ"
    (match,) = (m for m in _found(text) if m.category == "verbal_abuse")
    assert "タヒね" in text[match.start : match.end]
