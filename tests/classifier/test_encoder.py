"""One encoder for training and inference."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.classifier import Classifier, Encoder, cut
from screening.classifier.encoder import SIZE
from screening.classifier.facts import BESIDE
from screening.classifier.model import ANY, Weights
from screening.text.analyzer import Analyzer

ANALYZER, ENCODER = Analyzer(), Encoder()
HEADS = (ANY, "threat")


def _features(texts):
    batch = ANALYZER.analyze(texts)
    units, owner = cut(batch)
    features, offsets = ENCODER.encode(batch, units)
    return batch, units, owner, features, offsets


def _model(seed=7, kept=200_000):
    rng = np.random.default_rng(seed)
    return Weights.build(
        np.sort(rng.choice(SIZE, kept, replace=False)),
        rng.normal(size=(kept, len(HEADS))).astype(np.float16),
        rng.uniform(1, 9, kept).astype(np.float32),
        rng.normal(size=len(HEADS)).astype(np.float32),
    )


@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
def test_inference_equals_the_training_matrix(texts):
    """The fused kernel's scores are those of the features that training sees, times the weights."""
    model = _model()
    batch, units, _, features, offsets = _features(texts)
    got = model.score(ENCODER, batch, units)
    for i in range(len(units)):
        rows = model.row_of[features[offsets[i] : offsets[i + 1]]]
        kept = model.rows[rows[rows >= 0]].astype(np.float64) * model.scales
        norm = np.sqrt(kept[:, -1].sum())
        expected = model.intercepts + (kept[:, :-1].sum(axis=0) / norm if norm else 0)
        np.testing.assert_allclose(got[i], expected, rtol=1e-4, atol=1e-4)


@given(st.lists(st.text(max_size=40), min_size=2, max_size=6))
def test_a_text_scores_alike_alone_and_in_a_batch(texts):
    """Scores are bit for bit the same in any company."""
    model = _model()
    batch, units, owner, *_ = _features(texts)
    together = model.score(ENCODER, batch, units)
    for i, text in enumerate(texts):
        alone_batch = Analyzer().analyze([text])
        alone_units, _ = cut(alone_batch)
        alone = model.score(Encoder(), alone_batch, alone_units)
        assert (together[owner == i] == alone).all()


@given(st.text(max_size=400))
def test_units_cover_the_text(text):
    """Units follow one another without gap, and none is longer than the limit allows."""
    batch, units, *_ = _features([text])
    assert sum(int(u[1] - u[0]) for u in units) == len(batch.codes)
    assert all(a[1] == b[0] and a[3] == b[2] for a, b in itertools.pairwise(units))
    assert all(u[1] - u[0] <= 124 for u in units)


def test_sentences_become_units():
    """A long turn is scored sentence by sentence; a short word stays with what follows."""
    text = "え？昨日の夜に頼んだ荷物がまだ届いていません。いつになったら届くのか教えてください！"
    batch, units, *_ = _features([text])
    pieces = [bytes(batch.codes[u[0] : u[1]].data).decode("utf-32-le") for u in units]
    assert pieces == [
        "え?昨日の夜に頼んだ荷物がまだ届いていません。",
        "いつになったら届くのか教えてください!",
    ]


@pytest.mark.parametrize(("one", "other"), [("バカ", "ばか"), ("ABC", "abc"), ("12番", "99番")])
def test_spellings_that_teach_alike(one, other):
    """Katakana reads as hiragana, capitals as small letters, digits as one."""
    a = _features([one])[3]
    b = _features([other])[3]
    assert len(np.intersect1d(a, b)) >= 0.6 * min(len(a), len(b))


def test_evidence_names_the_words_that_decide():
    """The words with the weight are found, and what stands around them is left out."""
    batch, units, _, features, _ = _features(["昨日の件ですがこの役立たずが何を言っているんですか"])
    only = _features(["役立たず"])[3]
    inner = np.intersect1d(features, only)
    heads = [*HEADS, *BESIDE]
    rows = np.zeros((len(inner), len(heads)), np.float16)
    rows[:, 1] = 1
    ones, none = np.ones(len(inner), np.float32), np.zeros(len(heads), np.float32)
    stack = {
        "early": [0.0] * 5,
        "early_offsets": {},
        "conversation_start": 0.0,
        "means": [],
        "offsets": {},
        "above_even": 1.0,
        "others": {},
        "rule": [],
        "rule_offsets": {},
        "whole": {},
    }
    arrays = {"features": inner, "weights": rows, "idf": ones, "intercepts": none}
    arrays |= {"agent_features": inner, "agent_weights": rows[:, :0], "agent_idf": ones}
    arrays["whole_intercepts"] = none[:0]
    arrays |= {"tree_feature": np.zeros((0, 7), np.int16), "tree_threshold": np.zeros((0, 7))}
    arrays["tree_value"] = np.zeros((0, 8), np.float32)
    model = Classifier.build({"id": "m", "heads": heads, "whole": [], "stack": stack}, arrays)
    (start, end), words = model.evidence(ENCODER, batch, units[0], 1)
    assert batch.text(0)[start:end] == "役立たず"
    assert words
    assert all(start <= first and last <= end for first, last in words)
