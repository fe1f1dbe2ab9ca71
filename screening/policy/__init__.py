"""The published policy as data: which finding touches which provision, what may be concluded, and why.

``source``      a file's text as plain values, with the place of each
``document``    the schema of a policy file
``messages``    what the schema found, in words
``references``  whether names refer to something, and what may be concluded at all
``safeguards``  what no policy may drop
``kinds``       what a document may choose from: groups, kinds of outcome, results, gravities, sides
``model``       the loaded policy, plain values
``load``        a file becomes a policy, or a list of what is wrong with it and where
``propose``     findings become proposed flags
``conclude``    a person's answers open and block outcomes
``respond``     what follows a decision
``assess``      all of it for one flag at one moment: asked, open, blocked, due, and why
``check``       the examples that live with a policy
``coverage``    which examples test which clause, rule, answer and exemption
``compare``     what one document says differently from another
``describe``    a policy as text to read
"""

from .assess import (
    Assessment,
    Choice,
    Duty,
    Effect,
    Question,
    Standing,
    assess,
    effects,
    meanwhile,
)
from .check import check, results
from .compare import Difference, compare
from .conclude import Reason, asked, conclude, lacking
from .coverage import Covered, Trace, coverage, logic
from .describe import describe
from .kinds import Group, OutcomeKind, Result, Side
from .load import load_policy, shipped
from .model import (
    Answer,
    Category,
    Clause,
    Conclusion,
    Criterion,
    Limits,
    Outcome,
    Policy,
    Reading,
    Response,
)
from .propose import propose
from .respond import Responses, respond

__all__ = [
    "Answer",
    "Assessment",
    "Category",
    "Choice",
    "Clause",
    "Conclusion",
    "Covered",
    "Criterion",
    "Difference",
    "Duty",
    "Effect",
    "Group",
    "Limits",
    "Outcome",
    "OutcomeKind",
    "Policy",
    "Question",
    "Reading",
    "Reason",
    "Response",
    "Responses",
    "Result",
    "Side",
    "Standing",
    "Trace",
    "asked",
    "assess",
    "check",
    "compare",
    "conclude",
    "coverage",
    "describe",
    "effects",
    "lacking",
    "load_policy",
    "logic",
    "meanwhile",
    "propose",
    "respond",
    "results",
    "shipped",
]
