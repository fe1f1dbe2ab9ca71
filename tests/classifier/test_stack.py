"""A sentence is weighed with its conversation: the same in training and in inference."""

import numpy as np
import pytest

from corpora.export import conversation_of
from corpora.hands import split_of
from corpora.reader import read_corpus
from models.encode import HEADS, WHOLE
from models.heads import Heads
from models.material import Material
from models.stacking import _placed, _trees, conversation_features
from screening.classifier import Classifier, shipped
from screening.classifier.facts import (
    BESIDE,
    OF_UNITS,
    PRIOR_WEIGHT,
    by_conversation,
    read_units,
    surroundings,
    weighted_means,
)
from screening.classifier.stack import strongest
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
    view = screener.viewer.view([conversation_of(d) for d in documents])
    model = screener.model
    placed = _placed(material, model.stack.rule.tolist(), dict(model.stack.rule_offsets))
    features = conversation_features(material, scores, model.ready, placed)
    # Weights in 16-bit steps may fall on the other side of a question, so a few rows differ by a leaf.
    far = np.abs(view.judged - model.stack.judge(features)) > 0.05
    assert far.mean() <= 0.1
    assert screener.model.heads == HEADS
    assert screener.model.whole == WHOLE


def test_one_sentence_is_no_conversation():
    """The mean is drawn towards nothing by a prior as heavy as several sentences."""
    scores, weights = np.ones((3, 1), np.float32), np.full(3, PRIOR_WEIGHT)
    out = np.zeros((2, 1), np.float32)
    weighted_means(scores, weights, np.array([0, 1, 3]), out)
    assert out[:, 0].tolist() == pytest.approx([1 / 2, 2 / 3])


def test_what_is_passed_on_does_not_count():
    """A quoted unit is not among the highest, nor counted."""
    scores = np.full((4, 1 + len(BESIDE) + 1), -3.0, np.float32)
    scores[:, 0] = [3.0, 9.0, 1.0, -2.0]
    own = np.array([True, False, True, True])
    means, beside = np.array([1]), np.arange(2, 2 + len(BESIDE))
    out = np.zeros((2, OF_UNITS), np.float32)
    likely = np.array([2.0, 8.0, 0.0, -5.0], np.float32)
    read_units(scores, likely, means, beside, own, np.array([0, 4, 4]), out)
    assert out[0, :2].tolist() == pytest.approx([3.0, 2 / 3])
    assert out[0, 3:6].tolist() == [2.0, 0.0, -5.0]
    assert out[0, 7] == pytest.approx(np.log(4))
    assert out[1, :2].tolist() == [-6.0, -6.0]
    assert out[1, 7] == 0


def test_a_sentence_knows_what_stands_around_it():
    """The scores before and after, and how far it stays behind the highest, end at the conversation."""
    out = np.zeros((3, 3), np.float32)
    surroundings(np.array([1.0, 4.0, -9.0], np.float32), np.array([0, 2, 3]), out)
    assert out.tolist() == [[-6.0, 4.0, -3.0], [1.0, -6.0, 0.0], [-6.0, -6.0, 0.0]]


def test_a_conversation_without_words_has_nothing():
    """The highest and the sum of no units are zero; others are taken over their own units."""
    highest, total = by_conversation(np.array([[0.2], [0.5]], np.float32), np.array([0, 0, 2]))
    assert highest.tolist() == [[0.0], [0.5]]
    assert total.ravel().tolist() == pytest.approx([0.0, 0.7])


def test_the_strongest_rule_of_a_sentence_counts():
    """Two matches of a category in one sentence are one sign, as strong as the stronger."""
    assert strongest([(3, 1, 0.5), (3, 1, 2.0), (4, 1, 1.0)]) == {(3, 1): 2.0, (4, 1): 1.0}


def test_a_rule_makes_its_sentence_likelier(screener):
    """The same scores with a matching rule give its category a higher probability, and no other
    sentence one."""
    ready, head = screener.model.ready, HEADS.index("verbal_abuse")
    scores, around = np.full((2, len(HEADS)), -2.0, np.float32), np.zeros((2, 3), np.float32)
    judged = np.zeros(2, np.float32)
    without = ready.units(scores, judged, around)
    strength = screener.model.stack.strength("verbal_abuse.insult_noun", 0.9)
    held = ready.units(scores, judged, around, [(0, head, strength)])
    assert held[0, head] > without[0, head]
    assert held[1].tolist() == without[1].tolist()


def test_trees_answer_as_they_were_taught():
    """The arrays that inference reads give what scikit-learn's own trees give."""
    from sklearn.ensemble import GradientBoostingClassifier

    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 4)).astype(np.float32)
    y = x[:, 0] * x[:, 1] + 0.3 * x[:, 2] > 0
    learned = {}
    fit = GradientBoostingClassifier.fit

    def keep(self, *arguments, **named):
        learned["model"] = self
        return fit(self, *arguments, **named)

    GradientBoostingClassifier.fit = keep
    try:
        trees = _trees(x, y, np.ones(len(x)))
    finally:
        GradientBoostingClassifier.fit = fit
    np.testing.assert_allclose(trees.score(x), learned["model"].decision_function(x), atol=1e-4)


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
    view = screener.viewer.view(calls)
    assert view.judged[1] > view.judged[0]
    for call in calls:
        for flag in screener.screen(call).flags:
            assert flag.turn in (None, 0)
