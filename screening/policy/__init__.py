"""The published policy as data: which finding touches which provision, what may be concluded, and why.

``document``  the schema of a policy file
``load``      a file becomes a policy, or a list of what is wrong with it and where
``model``     the loaded policy, plain values
``propose``   findings become proposed flags
``conclude``  a person's answers open and block outcomes
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .model import (
    Answer,
    Category,
    Clause,
    Conclusion,
    Criterion,
    Group,
    Limits,
    Outcome,
    Policy,
    Response,
    Result,
)

__all__ = [
    "Answer",
    "Category",
    "Clause",
    "Conclusion",
    "Criterion",
    "Group",
    "Limits",
    "Outcome",
    "Policy",
    "Response",
    "Result",
    "conclude",
    "load_policy",
]


def load_policy(source: str | Path = "medical-care") -> Policy:
    """Loads a shipped policy by its id, or any policy file by its path. Raises PolicyError."""
    raise NotImplementedError


def conclude(
    policy: Policy,
    category: str,
    answers: Mapping[str, str],
    *,
    illness_consulted: bool = False,
    illness_suspected: bool = False,
) -> Conclusion:
    """What a person's answers open and block for a flag of ``category``."""
    raise NotImplementedError
