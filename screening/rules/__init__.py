"""Rules: the lexicon's word patterns, reached only through anchors.

In the order data flows:

``notation``  how a pattern is written in the lexicon, and what it becomes
``lexicon``   reads ``corpora/lexicon/*.yaml``; errors as ``file:line``
``anchors``   which rules a text could touch at all, in microseconds
``docs``      patterns of tokens, with spaCy where they ask for more than one word
``scopes``    quotation, negation, self-reference …: what makes the same words harmless
``hidden``    a second view of the text with disguised spelling written out
``ruleset``   finds: anchors, then patterns, then scopes, on both views
"""

from .lexicon import Lexicon, LexiconError, Rule, read_lexicon
from .ruleset import RuleMatch, RuleSet

__all__ = ["Lexicon", "LexiconError", "Rule", "RuleMatch", "RuleSet", "read_lexicon"]
