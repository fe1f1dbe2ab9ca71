"""Durations and numbers of contacts."""

import pytest

from screening.conduct import observe
from screening.records import Conversation, Kind, Speaker, Turn


def _call(id, at="2026-10-10T09:00:00+09:00", customer="k", turns=()):
    return Conversation(id, Kind.CALL, tuple(turns), customer_id=customer, occurred_at=at)


def test_a_call_lasts_from_first_start_to_last_end():
    """Minutes are measured over all speakers; turns without times change nothing."""
    turns = [
        Turn("a", Speaker.AGENT, 60_000, 61_000),
        Turn("b", Speaker.CUSTOMER),
        Turn("c", Speaker.CUSTOMER, 3_600_000, 3_720_000),
    ]
    assert observe(_call("c", turns=turns)).minutes == 61
    assert observe(_call("c")).minutes is None


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        (_call("o", "2026-10-08T09:00:00+09:00"), True),
        (_call("o", "2026-10-09T20:00:00-05:00"), False),  # after: 10:00 the next day in Japan
        (_call("o", "2026-10-01T09:00:00+09:00"), False),
        (_call("o", "2026-10-08T09:00:00+09:00", customer="x"), False),
        (_call("o", None), False),
        (_call("o", "2026-10-08T09:00:00"), False),
        (_call("c", "2026-10-08T09:00:00+09:00"), False),
    ],
)
def test_only_the_same_customers_recent_contacts_count(other, counts):
    """Another customer, a date out of range, no date or the conversation itself count nothing."""
    assert observe(_call("c"), [other], days=7).contacts == 1 + counts
