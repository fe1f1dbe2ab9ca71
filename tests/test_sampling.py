"""What is drawn, and what a sample says."""

import pytest
from scipy.stats import binomtest

from screening.errors import ReviewError
from screening.sampling import Plan, Stratum, clopper_pearson, drawn, estimate, place, wilson


def test_a_draw_is_always_the_same_and_takes_its_share():
    """The same content is drawn always or never, and a share of many is about the share."""
    taken = [n for n in range(20_000) if drawn(0.1, "double", "flag", n)]
    assert taken == [n for n in range(20_000) if drawn(0.1, "double", "flag", n)]
    assert len(taken) == pytest.approx(2000, abs=150)
    assert not any(drawn(0, "double", n) for n in range(100))
    assert all(drawn(1, "double", n) for n in range(100))


def test_a_larger_share_keeps_what_a_smaller_one_took():
    """Raising the share only adds."""
    for n in range(1000):
        assert drawn(0.3, "check", n) or not drawn(0.1, "check", n)


def test_two_draws_are_independent():
    """Who is in one sample is not thereby in another."""
    both = sum(place("a", n) < 0.5 and place("b", n) < 0.5 for n in range(4000))
    assert both == pytest.approx(1000, abs=120)


@pytest.mark.parametrize(("hits", "trials"), [(0, 20), (1, 30), (7, 50), (50, 50), (3, 1000)])
def test_the_interval_is_the_exact_one(hits, trials):
    """It equals the one of another implementation."""
    found = clopper_pearson(hits, trials)
    expected = binomtest(hits, trials).proportion_ci(0.95, method="exact")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(9, 10, 0.5958, 0.9821), (0, 5, 0.0, 0.4345), (5, 5, 0.5655, 1.0)],
)
def test_the_other_interval_is_wilsons(hits, trials, low, high):
    """Against published values: 9 of 10, and the ends 0 of 5 and 5 of 5."""
    found = wilson(hits, trials)
    assert (found.value, found.low, found.high) == pytest.approx(
        (hits / trials, low, high), abs=1e-4
    )


def test_without_a_sample_nothing_is_known():
    """No check, no value, and the bounds say so."""
    found = estimate((Stratum(500, 0, 0),), confirmed=10)
    assert (found.missed, found.recall) == (None, None)
    assert (found.missed_low, found.missed_high) == (0, 500)
    assert found.recall_low == pytest.approx(10 / 510)
    assert found.recall_high == 1


def test_missed_and_recall_follow_from_the_sample():
    """2 of 100 checked among 1,000 unflagged, beside 30 confirmed."""
    found = estimate((Stratum(1000, 100, 2),), confirmed=30)
    assert found.missed == pytest.approx(20)
    assert found.recall == pytest.approx(30 / 50)
    interval = binomtest(2, 100).proportion_ci(0.95, method="exact")
    assert found.missed_low == pytest.approx(max(2, interval.low * 1000))
    assert found.missed_high == pytest.approx(interval.high * 1000)
    assert found.recall_low == pytest.approx(30 / (30 + found.missed_high))
    assert found.recall_low < found.recall < found.recall_high


def test_when_all_are_checked_only_the_unseen_is_open():
    """No interval claims to miss what somebody has looked at."""
    found = estimate((Stratum(50, 50, 3),), confirmed=7)
    assert (found.missed_low, found.missed, found.missed_high) == (3, 3, 3)
    assert found.recall_low == found.recall == found.recall_high == pytest.approx(0.7)


def test_two_shares_are_two_strata():
    """A changed share does not mix samples that were drawn differently, and widens the interval."""
    one = estimate((Stratum(1000, 100, 2),), 30)
    two = estimate((Stratum(1000, 100, 2), Stratum(10, 10, 0)), 30)
    assert two.missed == pytest.approx(one.missed)
    assert two.missed_high > one.missed_high


@pytest.mark.parametrize(
    "wrong", [{"double_share": 1.5}, {"check_share": -1}, {"claim_minutes": 0}]
)
def test_a_plan_that_cannot_be_is_refused(wrong):
    """Shares are shares and minutes are minutes."""
    with pytest.raises(ReviewError):
        Plan(**wrong)
