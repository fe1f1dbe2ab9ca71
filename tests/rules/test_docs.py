"""Words that the dictionary splits are put together, where there are any."""

import pytest

from screening.rules.docs import Merger
from screening.text.analyzer import Analyzer


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["土下座"], ["土下座", "しろ"]),
        (["座し"], ["土", "下座", "しろ"]),
        ([], ["土", "下座", "しろ"]),
    ],
)
def test_the_named_words_become_one_token(words, expected):
    """Only between tokens; a lexicon that names none leaves the tokens as they are."""
    text = "土下座しろ"
    tokens = Analyzer().analyze([text]).words(0)
    ranges = Merger(words)(text, tokens.starts, tokens.ends)
    assert [text[tokens.starts[a] : tokens.ends[b]] for a, b in ranges] == expected
