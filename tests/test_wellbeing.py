"""When a break is suggested, and that it is only suggested."""

from datetime import UTC, datetime, timedelta

from screening.policy import Reading
from screening.wellbeing import exposure

START = datetime(2026, 10, 1, 9, tzinfo=UTC)


def _at(*minutes):
    return [(START + timedelta(minutes=m), 1) for m in minutes]


def test_nothing_read_is_nothing_to_say():
    assert exposure([], START).suggestion == ""


def test_an_hour_on_end_asks_for_a_break():
    """Every five minutes for fifty: the suggestion says how long it has been."""
    found = exposure(_at(*range(0, 51, 5)), START + timedelta(minutes=50))
    assert found.minutes == 50
    assert "50分" in found.suggestion


def test_ten_minutes_away_count_as_a_break():
    """After a break both counts begin again; the day's does not."""
    found = exposure(_at(0, 5, 16, 20), START + timedelta(minutes=20))
    assert (found.words, found.since_break, found.minutes) == (4, 2, 4)


def test_many_words_in_a_short_time_ask_for_a_break():
    """Forty words in a minute, by our own default."""
    found = exposure([(START, 40)], START + timedelta(minutes=1))
    assert "40件" in found.suggestion


def test_who_is_away_is_not_told_to_go():
    """Ten minutes after the last entry there is nothing to suggest."""
    assert exposure([(START, 99)], START + timedelta(minutes=10)).suggestion == ""


def test_a_policy_says_after_how_much_and_how_long_a_break_is():
    """Ten minutes or two passages are enough where the policy says so; five minutes away are a break."""
    rules = Reading(break_minutes=10, break_words=2, rest_minutes=5)
    found = exposure(_at(0, 4, 8), START + timedelta(minutes=11), rules)
    assert "続けて11分" in found.suggestion
    assert "5分ほど" in found.suggestion
    assert exposure([(START, 2)], START, rules).suggestion
    assert exposure([(START, 2)], START + timedelta(minutes=5), rules).suggestion == ""
