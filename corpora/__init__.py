"""The hand-written corpus of customer conversations, and the code that reads it.

In the order data flows:

``reader``   the plain-text format: documents, turns, labelled spans; errors as ``file:line``
``hands``    who wrote what, and the split of hands into train / dev / test
``stats``    the counts that the corpus is held to
``export``   documents as neutral conversation JSONL, with and without labels
"""
