"""The learned scorer: linear heads over hashed n-grams, weighed with their conversation, with evidence.

``units``    cuts a turn into what is scored
``ngrams``   reads and hashes characters and morphemes
``encoder``  text to features, one encoder for training and inference
``evidence``  the words of a unit that speak most
``trees``    shallow boosted trees as arrays
``facts``    what is known of units and conversations, in arrays
``stack``    weighs a sentence with the conversation around it
``judgement``  the same in one compiled pass, for everything that screens
``model``    loads weights with their card, scores units of text, finds the words that decided
"""

from .encoder import Encoder
from .model import Classifier, shipped
from .units import cut

__all__ = ["Classifier", "Encoder", "cut", "shipped"]
