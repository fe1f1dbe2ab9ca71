"""The published policy as data: which finding touches which provision, what may be concluded, and why.

``source``      a file's text as plain values, with the place of each
``document``    the schema of a policy file
``messages``    what the schema found, in words
``references``  whether names refer to something, and what no policy may drop
``model``       the loaded policy, plain values
``load``        a file becomes a policy, or a list of what is wrong with it and where
``propose``     findings become proposed flags
``conclude``    a person's answers open and block outcomes
``respond``     what follows a decision
``check``       the examples that live with a policy, and which clause they test
``describe``    a policy as text to read
"""

from .check import Trace, check, coverage
from .conclude import conclude
from .describe import describe
from .load import load_policy, shipped
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
    Side,
)
from .propose import propose
from .respond import Responses, respond

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
    "Responses",
    "Result",
    "Side",
    "Trace",
    "check",
    "conclude",
    "coverage",
    "describe",
    "load_policy",
    "propose",
    "respond",
    "shipped",
]
