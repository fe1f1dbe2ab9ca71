"""The second reader: a small neural network that reads what the first one is unsure of.

``windows``  a conversation's sentences as stretches of tokens that the network can take
``weighing`` how its word and the first reader's make one
``reader``   the network itself, run by onnxruntime, and what it says of sentences and conversations
``again``    reads again what the first reader is unsure of, and joins the two words

An optional part: it needs the extra ``second-reader``.
"""

from .again import Marks, Side, read_again
from .reader import Reading, SecondReader, pieces_of
from .windows import Piece

__all__ = ["Marks", "Piece", "Reading", "SecondReader", "Side", "pieces_of", "read_again"]
