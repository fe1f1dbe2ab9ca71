"""The learned scorer: linear heads over hashed n-grams, weighed with their conversation, with evidence.

``encoder``  text to features, one encoder for training and inference
``trees``    shallow boosted trees as arrays
``facts``    what is known of units and conversations, in arrays
``stack``    weighs a sentence with the conversation around it
``judgement``  the same in one compiled pass, for everything that screens
``model``    loads weights with their card, scores units of text, finds the words that decided
"""

from .encoder import Encoder, cut
from .model import Classifier, shipped

__all__ = ["Classifier", "Encoder", "cut", "shipped"]
