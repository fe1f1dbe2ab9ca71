"""From the corpus to the shipped model, in the order of the pipeline.

``encode``     labelled documents become units of text with their features and labels
``train``      fits the heads, calibrates them on hands left out, writes the model
``evaluate``   precision, recall and baselines on hands never seen
``card``       what is published with the model, for people and for the loader

``shipped/`` holds the model that the product loads: ``weights.npz``, ``card.json``, ``CARD.md``.
"""
