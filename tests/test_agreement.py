"""Krippendorff's alpha against worked examples."""

import pytest

from screening.agreement import agreement, krippendorff


def test_the_published_example():
    """Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), part A: alpha is 0.095."""
    meg, owen = "0100000010", "1110010000"
    assert krippendorff(list(zip(meg, owen, strict=True))) == pytest.approx(0.095, abs=0.001)


def test_the_published_example_of_more_answers():
    """The same paper, part B: five answers, twelve units, alpha is 0.692."""
    ben, gerry = "aabbdcccedda", "babbbccceddd"
    found = krippendorff(list(zip(ben, gerry, strict=True)))
    assert found == pytest.approx(0.692, abs=0.001)


def test_full_agreement_is_one_and_one_answer_alone_says_nothing():
    """Where nothing varies there is nothing to agree on."""
    assert krippendorff([("x", "x"), ("y", "y")]) == 1
    assert krippendorff([("x", "x")] * 5) is None
    assert krippendorff([]) is None


def test_the_report_counts_who_said_what():
    """Confusion is by first and second answer; two kinds of dismissal agree in their result."""
    outcomes = [("a", "a"), ("a", "b"), ("b", "a"), ("c", "c")]
    results = [("x", "x"), ("x", "x"), ("x", "x"), ("y", "y")]
    found = agreement(outcomes, results)
    assert (found.pairs, found.equal) == (4, 0.5)
    assert found.confusion == {("a", "a"): 1, ("a", "b"): 1, ("b", "a"): 1, ("c", "c"): 1}
    assert found.alpha_result == 1
    assert found.alpha < 1
