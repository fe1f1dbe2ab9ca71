"""A sentence is weighed with its conversation: the same in training and in inference."""

import numpy as np
import pytest

from corpora.export import conversation_of
from corpora.hands import split_of
from corpora.reader import read_corpus
from models.encode import HEADS, WHOLE
from models.train import Heads, Material, conversation_features
from screening.classifier import Classifier, shipped
from screening.classifier.stack import PRIOR_WEIGHT, highest_units, logit, weighted_means
from screening.policy import load_policy
from screening.records import Conversation, Kind, Speaker, Turn
from screening.rules import RuleSet
from screening.screener import Screener

C, A = Speaker.CUSTOMER, Speaker.AGENT


@pytest.fixture(scope="module")
def screener():
    return Screener(Classifier.load(), RuleSet.load(), load_policy())


def test_training_and_inference_judge_a_conversation_alike(screener):
    """What training computes of documents is what the screener computes of conversations."""
    documents = [d for d in read_corpus() if split_of(d.hand) == "dev"][:40]
    with (shipped() / "weights.npz").open("rb") as file, np.load(file) as arrays:
        heads = Heads(
            arrays["features"],
            arrays["idf"],
            arrays["weights"].astype(np.float32),
            arrays["intercepts"],
            arrays["whole_intercepts"],
            arrays["agent_features"],
            arrays["agent_idf"],
            arrays["agent_weights"].astype(np.float32),
        )
    material = Material.of(documents, screener.rules)
    scores = heads.scores(material)
    view = screener._view([conversation_of(d) for d in documents])
    expected = screener.model.stack.judge(conversation_features(material, scores))
    np.testing.assert_allclose(view.judged, expected, atol=2e-2)
    assert screener.model.heads == HEADS
    assert screener.model.whole == WHOLE


def test_one_sentence_is_no_conversation():
    """The mean is drawn towards nothing by a prior as heavy as several sentences."""
    scores, weights = np.ones((3, 1), np.float32), np.full(3, PRIOR_WEIGHT)
    out = np.zeros((2, 1), np.float32)
    weighted_means(scores, weights, np.array([0, 1, 3]), out)
    assert out[:, 0].tolist() == pytest.approx([1 / 2, 2 / 3])


def test_what_is_passed_on_does_not_count():
    """A quoted unit is not among the highest."""
    scores = np.array([3.0, 9.0, 1.0, -2.0], np.float32)
    own = np.array([True, False, True, True])
    out = np.zeros((2, 2), np.float32)
    highest_units(scores, own, np.array([0, 4, 4]), out)
    assert out[0].tolist() == pytest.approx([3.0, 2 / 3])
    assert out[1].tolist() == [-6.0, -6.0]


def test_the_conversation_weighs_on_a_rule(screener):
    """The same match is likelier right among abuse than among thanks."""
    stack = screener.model.stack
    assert stack.rules("threat.kill", 0.9, 4.0) > stack.rules("threat.kill", 0.9, -4.0)
    assert 0 < stack.rules("unseen", 0.9, -50.0) < stack.rules("unseen", 0.9, 50.0) < 1
    assert logit(0.0) < logit(0.5) < logit(1.0)


def test_what_the_agent_answers_is_read_but_never_flagged(screener):
    """The same hint is judged with the answer to it; flags stand in the customer's turns alone."""
    said = "まあ、どうなるか分かりませんけどね"
    calm = [(C, said), (A, "かしこまりました。明日お届けします。")]
    grave = [
        (C, said),
        (A, "お客様、そのような脅すようなご発言はおやめください。警察に相談します。"),
    ]
    calls = [
        Conversation(str(i), Kind.CALL, tuple(Turn(t, who) for who, t in turns))
        for i, turns in enumerate((calm, grave))
    ]
    view = screener._view(calls)
    assert view.judged[1] > view.judged[0]
    for call in calls:
        for flag in screener.screen(call).flags:
            assert flag.turn in (None, 0)
