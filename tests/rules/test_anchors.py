"""Anchors are found wherever they stand, by either search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.rules.anchors import Anchors

WORDS = ["死", "死ね", "死ねよ", "ねよ", "殺す", "ばか", "ばかり", "あ" * 9, "😀"]
ANCHORS = Anchors([(frozenset([word]), word) for word in WORDS])


def _scan(anchors, texts):
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    return anchors.scan(codes, np.cumsum([0, *map(len, texts)], dtype=np.int64))


@given(st.lists(st.text(st.sampled_from("死ねよ殺すばかりあ😀。"), max_size=30), max_size=5))
def test_both_searches_find_the_same(texts):
    """In texts of a batch, and none across two of them."""
    found = _scan(ANCHORS, texts)
    for i, text in enumerate(texts):
        assert sorted(hit[1:] for hit in found if hit[0] == i) == sorted(ANCHORS.hits(text))


def test_there_is_room_for_any_number():
    """More anchors than characters are found as well."""
    assert len(_scan(ANCHORS, ["死ねよ" * 500])) == 2000


@pytest.mark.parametrize("texts", [[], [""], ["死ね"]])
def test_no_anchors_are_found_nowhere(texts):
    """A lexicon may be without rules."""
    assert _scan(Anchors([]), texts) == []
