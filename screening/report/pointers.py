"""Which provisions could be worth asking a lawyer or the police about. Possibilities, never findings.

The provisions stand in ``pointers.yaml``, by the labels that detectors report, so that a policy may
rename its categories. 侮辱 and 名誉毀損 need publicity, which a call from one to one lacks, and are
not in it (Penal Code 230, 231; a test holds to that).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from ruamel.yaml import YAML

from ..policy import Policy


@dataclass(frozen=True, slots=True)
class Pointer:
    """``note`` says what would have to be so besides the conduct that a person confirmed."""

    law: str
    title: str
    labels: frozenset[str]
    together: frozenset[str]
    note: str


@lru_cache(maxsize=1)
def known() -> tuple[Pointer, ...]:
    text = (resources.files(__package__) / "pointers.yaml").read_text(encoding="utf-8")
    return tuple(
        Pointer(
            law=row["law"],
            title=row["title"],
            labels=frozenset(row["labels"]),
            together=frozenset(row.get("together", ())),
            note=row.get("note", ""),
        )
        for row in YAML(typ="safe", pure=True).load(text)
    )


def pointers(
    policy: Policy, confirmed: Iterable[str], present: Iterable[str] = ()
) -> tuple[Pointer, ...]:
    """The provisions that categories a person ``confirmed`` could touch, in the file's order.

    ``present`` are the categories of all flags of the case that nobody dismissed: a demand that is no
    harassment by itself still tells extortion from threat.
    """
    found = _labels(policy, confirmed)
    beside = found | _labels(policy, present)
    return tuple(p for p in known() if p.labels & found and (not p.together or p.together & beside))


def _labels(policy: Policy, categories: Iterable[str]) -> frozenset[str]:
    return frozenset(
        label
        for category in categories
        if category in policy.categories
        for label in policy.categories[category].signals.labels
    )
