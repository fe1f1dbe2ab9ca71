"""What leaves the review as a document: an incident report, and masked cases for staff courses.

``forms``     telephone, account and mail addresses, and addresses of houses, as people write and say them
``names``     people's names and places: the dictionary's, and what their surroundings give away
``masking``   all of these give way to what they are
``pointers``  which provision of the law could be worth asking a lawyer about, never more than that
``values``    what an incident report consists of
``incident``  everything about one case, in the order in which somebody from outside asks
``actors``    the names behind the audit log's identifiers
``training``  a case without anybody who could be recognised in it
"""

from .actors import actors
from .incident import incident
from .masking import Masked, mask
from .pointers import Pointer, pointers
from .training import TrainingCase, training_case
from .values import Contact, IncidentReport, Passage, Quote, Ruling, Step, StepLine

__all__ = [
    "Contact",
    "IncidentReport",
    "Masked",
    "Passage",
    "Pointer",
    "Quote",
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
