"""What a phrase needs is never more than what it matches."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.rules import RuleSet
from screening.rules.phrases import needed

RULES = RuleSet.load()
REGEXES = sorted({p.before for r in RULES.rules for p in r.patterns if not p.tokens})


@pytest.mark.parametrize(
    ("regex", "strings"),
    [
        ("殺すぞ", ["殺すぞ"]),
        ("(?:家|会社)に行くぞ", ["に行くぞ", "家 会社"]),
        ("(?:絶対)?(?:殺|潰)(?:す|した)", ["殺 潰", "す した"]),
        ("(?:絶対)*", []),
        ("[死氏]ね", ["ね", "死 氏"]),
        (".*", []),
        ("(?i:abc)あ", ["あ"]),
        ("(?:いい|)だ", ["だ"]),
        ("あ{2,3}", ["あ"]),
        ("(?!だめ)よし", ["よし"]),
        ("(?:家に(?:行|来)|会社)", ["家に 会社"]),
        ("(?:バカ|大バカ)", ["バカ"]),
    ],
)
def test_the_strings_a_regex_cannot_do_without(regex, strings):
    """Each certain part counts; what may be missing, or be another letter, does not."""
    assert {frozenset(s) for s in needed(regex)} == {frozenset(s.split()) for s in strings}


@given(
    st.sampled_from(REGEXES).flatmap(lambda r: st.from_regex(re.compile(r)).map(lambda t: (r, t)))
)
def test_whatever_matches_holds_one_of_the_strings(case):
    """For every phrase of the lexicon and any text that it matches, one of each set."""
    regex, text = case
    match = re.search(regex, text)
    assert match is not None
    for strings in needed(regex):
        assert any(string in text for string in strings)
