"""The spaCy component gives the answers of the core."""

import spacy

from screening.pipe import NAME
from screening.records import Conversation, Kind, Speaker, Turn
from screening.screener import default_screener

TEXTS = [
    "家族がどうなっても知らないぞ",
    "来週の火曜日に予約を変えたいのですが",
    "この役立たず、死ね",
    "返金してください",
]


def test_the_component_answers_as_the_core_does():
    """Scores, and spans where words are pointed at, are those of one utterance, alone or in a batch."""
    nlp = spacy.blank("xx")
    nlp.add_pipe(NAME)
    screener = default_screener()
    for doc in [nlp(TEXTS[0]), *nlp.pipe(TEXTS)]:
        turn = Turn(doc.text, Speaker.CUSTOMER)
        result = screener.screen(Conversation("doc", Kind.CALL, (turn,)))
        assert dict(doc.cats) == result.scores
        spans = doc.spans[NAME]
        pointed = [flag for flag in result.flags if flag.turn is not None]
        assert sorted(s.label_ for s in spans) == sorted(f.category for f in pointed)
        for flag in pointed:
            assert any(
                s.start_char <= flag.start and flag.end <= s.end_char and s.label_ == flag.category
                for s in spans
            )
    doc = nlp(TEXTS[0])
    assert doc.spans[NAME][0].label_ == "threat"


def test_a_policy_can_be_named():
    nlp = spacy.blank("xx")
    nlp.add_pipe(NAME, config={"policy": "medical-care"})
    doc = nlp(TEXTS[2])
    assert len(doc.spans[NAME])
