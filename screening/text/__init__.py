"""Text: folding with a way back to the original offsets, and morphemes.

``fold``      one spelling for what means the same, with offsets back
``tokens``    the reference tokeniser on fugashi
``analyzer``  the same tokens at nearly the speed of MeCab itself, as arrays, for the hot path
``mecab``     the calls into the MeCab library that it makes
"""

from .fold import Folded, fold
from .tokens import Feature, Token, tokenize

__all__ = ["Feature", "Folded", "Token", "fold", "tokenize"]
