"""What leaves the review as a document: an incident report, and masked cases for staff courses.

``masking``   names, addresses, telephone and account numbers give way to what they are
``pointers``  which provision of the law could be worth asking a lawyer about, never more than that
``incident``  everything about one case, in the order in which somebody from outside asks
``actors``    the names behind the audit log's identifiers
``training``  a case without anybody who could be recognised in it
"""

from .actors import actors
from .incident import Contact, IncidentReport, Passage, Ruling, Step, StepLine, incident
from .masking import Masked, mask
from .pointers import Pointer, pointers
from .training import TrainingCase, training_case

__all__ = [
    "Contact",
    "IncidentReport",
    "Masked",
    "Passage",
    "Pointer",
    "Ruling",
    "Step",
    "StepLine",
    "TrainingCase",
    "actors",
    "incident",
    "mask",
    "pointers",
    "training_case",
]
