"""From the corpus to the shipped model, in the order of the pipeline.

``encode``     labelled documents become units of text with their features and labels
``noise``      texts as a recogniser hears them and as mails hide them
``augment``    what is added to the training texts, at training time only
``train``      fits the heads, calibrates them on hands left out, writes the model
``evaluate``   precision, recall and calibration on hands never seen, with intervals
``ablation``   the product whole and with parts taken away
``baselines``  a keyword list and the textbook classifier
``rulebook``   how often each rule of the lexicon matches, and how often it is right
``card``       what is published with the model, for people and for the loader

``shipped/`` holds the model that the product loads: ``weights.npz``, ``card.json``, ``CARD.md``.
"""
