"""The gate: sentences that the shipped model must get right, family by family."""

import csv
from collections import Counter
from pathlib import Path

import pytest

import corpora
from corpora.reader import CATEGORIES, MEANS
from screening.records import Conversation, Kind, Speaker, Turn
from screening.screener import default_screener

FOLDER = Path(corpora.__file__).parent
#: What must not come up where it is not expected.
NOT_UNASKED = frozenset(MEANS) | {"self_harm_risk"}


def _rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS, OPEN = _rows("golden.tsv"), _rows("golden_open.tsv")


@pytest.fixture(scope="module")
def screener():
    return default_screener()


def _right(screener, row):
    call = Conversation(row["id"], Kind.CALL, (Turn(row["text"], Speaker.CUSTOMER),))
    found = {flag.category for flag in screener.screen(call).flags}
    expected = frozenset() if row["expected"] == "none" else frozenset(row["expected"].split(","))
    if not expected & NOT_UNASKED and found & NOT_UNASKED:
        return False
    return expected <= found


def test_every_row_passes(screener):
    """Whatever hides is found, and whatever only looks like it is left alone."""
    wrong = [f"{row['id']} {row['note']}" for row in ROWS if not _right(screener, row)]
    assert not wrong


def test_a_row_that_passes_is_not_left_open(screener):
    """The list of what is still missed is true, and is never longer than it must be."""
    assert [row["id"] for row in OPEN if _right(screener, row)] == []


def test_the_gate_is_wide():
    """At least 400 rows; each family has several; ids are used once; labels are known."""
    assert len(ROWS) >= 400
    everything = [*ROWS, *OPEN]
    assert len({row["id"] for row in everything}) == len(everything)
    families = Counter(row["note"] for row in ROWS)
    assert len(families) >= 35
    assert min(families.values()) >= 3
    named = {x for row in everything for x in row["expected"].split(",")} - {"none"}
    assert named <= set(CATEGORIES)
    assert sum(row["expected"] == "none" for row in ROWS) >= 180
