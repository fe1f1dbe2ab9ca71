"""The compiled judgement of conversations equals the one that training fits on."""

import numpy as np
import pytest

from screening.classifier import Classifier
from screening.classifier.facts import (
    AROUND,
    OF_UNITS,
    features_of,
    read_units,
    surroundings,
    weights_of,
)
from screening.classifier.judgement import Units, found

MODEL = Classifier.load()
HEADS, WHOLE = len(MODEL.heads), len(MODEL.whole)
ENOUGH = 12.0


def _side(rng, counts, columns):
    """Units of any length with any scores."""
    n = int(sum(counts))
    units = np.zeros((n, 5), np.int64)
    units[:, 1] = rng.integers(1, 124, n)
    scores = rng.normal(-1.5, 1.5, (n, columns)).astype(np.float32)
    return Units(scores, units, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def _step_by_step(customer, own, agent, known, matches):
    """Probabilities, judgements, the whole and who was heard, as ``Ready`` and ``facts`` have them."""
    lengths = customer.units[:, 1] - customer.units[:, 0]
    weights = weights_of(lengths, own)
    theirs = agent.units[:, 1] - agent.units[:, 0]
    said, answered = MODEL.read_whole(
        customer.scores[:, HEADS:],
        weights,
        customer.bounds,
        agent.scores,
        weights_of(theirs, np.ones(len(theirs), np.bool_)),
        agent.bounds,
    )
    ready, bounds = MODEL.ready, customer.bounds
    scores = np.ascontiguousarray(customer.scores[:, :HEADS])
    of_units = np.empty((len(known), OF_UNITS), np.float32)
    likely = ready.likely(scores, matches)
    read_units(scores, likely, ready.means, ready.beside, own, bounds, of_units)
    features = features_of(said, answered, of_units, known[:, :2], known[:, 2])
    judged = MODEL.stack.judge(features)
    around = np.empty((len(own), AROUND), np.float32)
    surroundings(np.ascontiguousarray(scores[:, 0]), bounds, around)
    probabilities = ready.units(scores, np.repeat(judged, np.diff(bounds)), around, matches)
    probabilities[~own] = 0
    whole = ready.whole(probabilities, bounds, said, answered, judged)
    of_conversation = np.repeat(np.arange(len(judged)), np.diff(bounds))
    heard = np.bincount(of_conversation, weights, len(judged)) >= ENOUGH
    return probabilities, judged, whole, heard


def _conversations(seed):
    rng = np.random.default_rng(seed)
    counts = rng.choice([0, 1, 2, 7, 40], 30)
    customer = _side(rng, counts, HEADS + WHOLE)
    agent = _side(rng, rng.choice([0, 1, 9], 30), WHOLE)
    own = rng.random(len(customer.units)) > 0.1
    known = rng.choice([0, 0.5, 0.9], (30, 3)).astype(np.float32)
    known[:, 2] = rng.integers(0, 2, 30)
    matches = [
        (int(rng.integers(len(own))), int(rng.integers(1, HEADS)), float(rng.normal(0, 2)))
        for _ in range(20)
    ]
    matches += [(unit, head, strength - 1) for unit, head, strength in matches[:5]]
    return customer, own, agent, known, matches


@pytest.mark.parametrize("seed", range(20))
def test_one_pass_equals_the_steps(seed):
    """Mails and calls, of no units or many, with and without agents, rules and passed-on words."""
    asked = _conversations(seed)
    got = MODEL.judge(*asked, ENOUGH)
    probabilities, judged, whole, heard = _step_by_step(*asked)
    np.testing.assert_allclose(got.judged, judged, atol=1e-5)
    np.testing.assert_allclose(got.probabilities, probabilities, atol=1e-5)
    np.testing.assert_allclose(got.whole, whole, atol=1e-5)
    assert got.heard.tolist() == heard.tolist()


def test_a_conversation_is_judged_alike_alone_and_in_a_batch():
    """Bit for bit, whatever else is judged with it."""
    customer, own, agent, known, matches = _conversations(3)
    together = MODEL.judge(customer, own, agent, known, matches, ENOUGH)
    for i in range(len(known)):
        first, last = customer.bounds[i], customer.bounds[i + 1]
        begin, end = agent.bounds[i], agent.bounds[i + 1]
        alone = MODEL.judge(
            Units(
                customer.scores[first:last], customer.units[first:last], np.array([0, last - first])
            ),
            own[first:last],
            Units(agent.scores[begin:end], agent.units[begin:end], np.array([0, end - begin])),
            known[i : i + 1],
            [(unit - first, head, s) for unit, head, s in matches if first <= unit < last],
            ENOUGH,
        )
        assert (alone.probabilities == together.probabilities[first:last]).all()
        assert alone.judged[0] == together.judged[i]
        assert (alone.whole[0] == together.whole[i]).all()


def test_what_there_is_to_tell():
    """Strong units with their conversations, the best of each category, and the whole's findings."""
    probabilities = np.array([[0.0, 0.3], [0.005, 0.1], [0.9, 0.0]], np.float32)
    whole = np.array([[0.0, 0.1], [0.0, 0.0], [0.2, 0.0]], np.float32)
    strong, best, told = found(probabilities, whole, np.array([0, 2, 2, 3]), 0.2, 0.01)
    assert strong == [(0, 0), (2, 2)]
    assert best == [(0, 1, pytest.approx(0.3)), (2, 0, pytest.approx(0.9))]
    assert told == [(2, 0, pytest.approx(0.2))]
