"""The second reader: a small neural network that reads what the first one is unsure of.

``windows``  a conversation's sentences as stretches of tokens that the network can take
``weighing`` how its word and the first reader's make one
``reader``   the network itself, run by onnxruntime, and what it says of sentences and conversations

An optional part: it needs the extra ``second-reader``.
"""

from .reader import Reading, SecondReader, pieces_of
from .windows import Piece

__all__ = ["Piece", "Reading", "SecondReader", "pieces_of"]
