"""Words marked twice: how the files are read, and how far two people agree on them."""

from __future__ import annotations

from pathlib import Path

import pytest

import corpora
from corpora.hands import split_of
from corpora.reader import MEANS, Document, LabelledSpan, LabelledTurn, read_corpus, read_file
from corpora.spans import (
    FIRST,
    SECOND,
    Marked,
    Marks,
    adjudicated,
    read_spans,
    word_agreement,
    word_table,
)


def _call(tmp_path, *turns: str) -> Document:
    file = tmp_path / "one.txt"
    file.write_text(
        "@@ call id=a hand=h01 trade=介護 half=hard\n" + "\n".join(turns) + "\n", encoding="utf-8"
    )
    (document,) = read_file(file)
    return document


def _marked(tmp_path, document: Document, *rows: str) -> Marked:
    file = tmp_path / "spans.tsv"
    file.write_text("id\tturn\tstart\tlabels\twords\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return read_spans(file, [document])


def test_words_stand_where_they_are_said_to(tmp_path):
    """A break is written as it is typed; what only the whole shows has no words."""
    document = _call(tmp_path, "A: はい", "C: 黙れ、黙れ\nもう", "C: 帰す")
    marked = _marked(
        tmp_path, document, "a\t2\t3\tverbal_abuse,threat\t黙れ\\nもう", "a\tdoc\t\trestraint\t"
    )  # fmt: skip
    spans = {1: [LabelledSpan(3, 8, ("verbal_abuse", "threat"))]}
    assert marked == {"a": Marks(spans, frozenset(["restraint"]))}
    assert marked["a"].labels == {"verbal_abuse", "threat", "restraint"}


def test_a_document_without_marks_counts_as_read(tmp_path):
    document = _call(tmp_path, "C: はい")
    assert _marked(tmp_path, document, "a\t-\t\tnone\t") == {"a": Marks()}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("b\t1\t0\tthreat\tはい", "no document 'b'"),
        ("a\t1\t0\trude\tはい", "unknown label"),
        ("a\t1\t1\tthreat\tはい", "turn 1 does not hold"),
        ("a\t9\t0\tthreat\tはい", "turn 9 does not hold"),
        ("a\t1\t-2\tthreat\tはい", "whole numbers"),
        ("a\tone\t0\tthreat\tはい", "whole numbers"),
        ("a\t2\t0\tthreat\tええ", "not the customer's"),
        ("a\t1\tthreat\tはい", "4 columns"),
    ],
)
def test_a_row_that_fits_nothing_is_named_by_line(tmp_path, row, says):
    document = _call(tmp_path, "C: はい", "A: ええ")
    with pytest.raises(ValueError, match=rf"spans\.tsv:2: .*{says}"):
        _marked(tmp_path, document, row)


def test_agreement_on_words_of_a_known_case(tmp_path):
    """Four characters of six and of five are common: F1 8/11; of three turns one is marked by both."""
    document = Document(
        "a", "call", "h01", "介護", "hard", "clean", frozenset(), frozenset(),
        tuple(LabelledTurn("customer", "あいうえおかきくけこ", (), n) for n in range(3)), "", 1,
    )  # fmt: skip
    threat = ("threat",)
    one = {"a": Marks({0: [LabelledSpan(0, 4, threat)], 1: [LabelledSpan(2, 4, threat)]})}
    demand = [LabelledSpan(0, 5, ("apology_demand",))]
    other = {"a": Marks({0: [LabelledSpan(0, 5, threat)], 2: demand})}
    found = word_agreement([document], one, other)
    assert (found.documents, found.one_only, found.other_only) == (1, 1, 0)
    assert found.characters == pytest.approx(8 / 11)
    assert found.turns == pytest.approx(2 / 3)


def test_the_published_agreement_on_words_is_the_agreement():
    """AGREEMENT.md holds the table that the files give, and the files fit the corpus."""
    documents = read_corpus()
    text = (Path(corpora.__file__).parent / "AGREEMENT.md").read_text(encoding="utf-8")
    assert word_table(documents, split_of) in text


def test_every_document_that_needs_a_look_was_marked_twice():
    """And what was adjudicated is the one's or the other's: words, labels, and what only the whole shows."""
    documents = read_corpus()
    first, second = read_spans(FIRST, documents), read_spans(SECOND, documents)
    assert first.keys() == second.keys()
    looked_at = frozenset(MEANS) | {"self_harm_risk"}
    assert first.keys() >= {d.id for d in documents if d.labels & looked_at}
    for name, marks in adjudicated(documents).items():
        if name not in first:
            continue
        assert first[name].labels | second[name].labels >= marks.labels, name
        for number, spans in marks.turns.items():
            known = [*first[name].turns.get(number, ()), *second[name].turns.get(number, ())]
            for span in spans:
                assert any(k.start <= span.start and span.end <= k.end for k in known), (name, span)
                beside = [k for k in known if k.start < span.end and span.start < k.end]
                assert {x for k in beside for x in k.labels}.issuperset(span.labels), (name, span)
