"""The second reader: small neural networks that read what the first one is unsure of.

``windows``  a conversation's sentences as stretches of tokens that a network can take
``weighing`` how its word and the first reader's make one
``network``  a network, run by onnxruntime, and what it says of sentences and conversations
``reader``   what is loaded: networks, tokens, and how their word is weighed
``again``    reads again what the first reader is unsure of, and joins the two words

An optional part: it needs the extra ``second-reader``.
"""

from .again import Marks, Side, read_again
from .network import Reading
from .reader import SecondReader, pieces_of
from .windows import Piece

__all__ = ["Marks", "Piece", "Reading", "SecondReader", "Side", "pieces_of", "read_again"]
