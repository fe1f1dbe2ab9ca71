"""The words that a policy may choose from: groups, kinds of outcome, results, gravities and sides."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Group(StrEnum):
    """How a category bears on the two criteria.

    ``MEANS`` is inappropriate whatever is demanded, ``CONDITIONAL`` only in the light of whether the
    demand is valid, ``CONTENT`` is the demand itself, ``CARE`` is never a customer's fault.
    ``UNLISTED`` is conduct on no list, which no detector raises: a person does, in own words.
    """

    MEANS = "means"
    CONDITIONAL = "conditional"
    CONTENT = "content"
    CARE = "care"
    UNLISTED = "unlisted"


class OutcomeKind(StrEnum):
    """What an outcome is to the rest of the product, whatever a policy calls it.

    ``COMPLAINT`` is fair and goes to the voice of the customer, ``STAFF`` to those who look after
    staff, ``ERROR`` is a recogniser's, an intake's or a detector's, ``CARE`` is its own urgent route.
    """

    HARASSMENT = "harassment"
    EQUIVALENT = "equivalent"
    COMPLAINT = "complaint"
    CONSULTATION = "consultation"
    CARE = "care"
    STAFF = "staff"
    ERROR = "error"
    DUPLICATE = "duplicate"


class Gravity(StrEnum):
    """How grave the conduct is if a person finds it; some responses are for grave cases alone."""

    GRAVE = "grave"
    SERIOUS = "serious"
    ORDINARY = "ordinary"


#: What people read for each.
GRAVITIES: Mapping[Gravity, str] = {
    Gravity.GRAVE: "重い",
    Gravity.SERIOUS: "中ほど",
    Gravity.ORDINARY: "ふつう",
}


class Result(StrEnum):
    """What an outcome does to a flag."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ON_HOLD = "on_hold"


class Side(StrEnum):
    INTERNAL = "internal"
    EXTERNAL = "external"
