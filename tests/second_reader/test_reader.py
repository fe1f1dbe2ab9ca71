"""The shipped second reader, alone and in the screener."""

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from corpora.export import conversation_of
from corpora.hands import corpus_hash, split_of
from corpora.reader import read_corpus
from models.card import of_reader
from models.second_reader.material import read
from screening.classifier import Classifier
from screening.classifier.model import ANY
from screening.errors import ModelError
from screening.policy import load_policy
from screening.records import Conversation, Kind, Speaker, Turn
from screening.rehearsal import Shadowed
from screening.rules import RuleSet
from screening.screener import (
    CALM_AGAIN,
    LIKELIEST_AGAIN,
    POINTED_AGAIN,
    Screener,
    default_screener,
)
from screening.second_reader import Marks, SecondReader
from screening.second_reader.again import FLATNESS, OF_ANY, PEAK
from screening.second_reader.network import NOTHING
from screening.second_reader.reader import networks_of, shipped
from screening.second_reader.windows import Piece, windows
from screening.view import SURE, Viewer

#: The networks' files.
NETWORKS = sorted(networks_of(json.loads((shipped() / "card.json").read_text(encoding="utf-8"))))


@pytest.fixture(scope="module")
def reader():
    return SecondReader.load()


@pytest.fixture(scope="module")
def screener(reader):
    return Screener(Classifier.load(), RuleSet.load(), load_policy(), reader)


@pytest.fixture(scope="module")
def documents():
    return [d for d in read_corpus() if split_of(d.hand) == "dev"][:24]


def test_answers_do_not_depend_on_what_else_is_read(screener, documents):
    """Alone, in a batch, backwards and in threads."""
    conversations = [conversation_of(d) for d in documents]
    alone = [screener.screen(c) for c in conversations]
    assert list(screener.screen_many(conversations)) == alone
    assert list(screener.screen_many(conversations[::-1])) == alone[::-1]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(screener.screen, conversations)) == alone
    assert {r.model for r in alone} == {f"{screener.model.id}+{screener.second_reader.id}"}


def test_what_is_not_worth_reading_is_answered_by_the_first_alone(screener, documents):
    """Where no conversation is read again, nothing changes."""
    bound = replace(screener.second_reader.weighing, read_from=99.0, or_likely=2.0)
    idle = replace(screener.second_reader, weighing=bound)
    never = Screener(screener.model, screener.rules, screener.policy, idle)
    plain = screener.viewer.view
    first = Viewer(screener.model, screener.rules).view
    conversations = [conversation_of(d) for d in documents]
    assert (never.viewer.view(conversations).judged == first(conversations).judged).all()
    assert (plain(conversations).judged != first(conversations).judged).any()
    assert not never.viewer.view(conversations).read_again.any()


def test_training_and_inference_read_the_same_pieces(reader, documents):
    """What the network learnt from is cut as what it is asked about."""
    seen = []

    class Watched:
        heads, tokenizer, weighing, card = (
            reader.heads,
            reader.tokenizer,
            reader.weighing,
            reader.card,
        )

        def read(self, pieces):
            seen.append(pieces)
            return reader.read(pieces)

    watched = Watched()
    watched.weighing = replace(reader.weighing, read_from=-99.0)
    Viewer(Classifier.load(), RuleSet.load(), watched).view([conversation_of(d) for d in documents])
    learnt = read(documents, reader.tokenizer, 256)
    assert len(seen) == len(learnt)
    for asked, document in zip(seen, learnt, strict=True):
        assert [p.ids.tolist() for p in asked] == [p.piece.ids.tolist() for p in document.pieces]
        assert [(p.turn, p.by_customer) for p in asked] == [(p.piece.turn, p.piece.by_customer) for p in document.pieces]  # fmt: skip


def test_a_sentence_without_a_conversation_is_left_to_the_first(screener):
    """It learnt to read conversations, and takes a sentence by itself for more than it is."""
    one = Conversation("1", Kind.CALL, (Turn("家族がどうなっても知らないぞ", Speaker.CUSTOMER),))
    more = replace(one, turns=one.turns * 6)
    assert screener.viewer.view([one, more]).read_again.tolist() == [False, True]
    first = Screener(screener.model, screener.rules, screener.policy)
    assert screener.screen(one).flags == first.screen(one).flags


@pytest.mark.parametrize(
    ("likely", "whole", "judged", "turn"),
    [
        (LIKELIEST_AGAIN + 0.01, 0.9, 3.0, 1),
        (LIKELIEST_AGAIN - 0.01, 0.9, 3.0, None),
        (LIKELIEST_AGAIN + 0.01, SURE - 0.01, 3.0, "nothing"),
        (LIKELIEST_AGAIN + 0.01, 0.9, CALM_AGAIN - 1, "nothing"),
    ],
)
def test_what_the_whole_carries_is_pointed_at_where_it_is_likeliest(
    screener, monkeypatch, likely, whole, judged, turn
):
    """In words, though no sentence by itself is sure enough; in no other sentence, and in no calm call."""
    said = ("先週お願いした件です。", "夜道は長いですからね。", "では、よい週末を。")
    conversation = Conversation("1", Kind.CALL, tuple(Turn(t, Speaker.CUSTOMER) for t in said))
    view = screener.viewer.view([conversation])
    head = screener.model.heads.index("threat")
    view.probabilities[:] = 0
    view.probabilities[:, head] = [0.3, likely, 0.5]
    view.judged[:], view.heard[:], view.read_again[:] = judged, True, True
    view.spoken.clear()
    view.spoken[0].units, view.spoken[0].whole = [0, 1, 2], [("threat", whole)]
    monkeypatch.setattr(screener.viewer, "view", lambda conversations: view)
    flags = [f for f in screener.screen(conversation).flags if f.category == "threat"]
    assert [f.turn for f in flags] == ([] if turn == "nothing" else [turn])


@pytest.mark.parametrize(("sure", "pointed"), [(0.0, True), (-0.01, False)])
def test_what_is_surely_some_means_is_pointed_at_whichever_it_is(
    screener, monkeypatch, sure, pointed
):
    """The likelier category names it, though neither by itself is sure."""
    conversation = Conversation(
        "1", Kind.CALL, (Turn("夜道は長いですからね。", Speaker.CUSTOMER),) * 2
    )
    view = screener.viewer.view([conversation])
    head = {name: i for i, name in enumerate(screener.model.heads)}
    view.probabilities[:] = 0
    view.probabilities[1, head["threat"]] = 0.55
    view.probabilities[1, head["intimidation"]] = 0.4
    view.probabilities[1, head[ANY]] = POINTED_AGAIN + sure
    view.judged[:], view.heard[:], view.read_again[:] = 3.0, True, True
    view.spoken.clear()
    view.spoken[0].units = [0, 1]
    monkeypatch.setattr(screener.viewer, "view", lambda conversations: view)
    found = [(f.turn, f.category) for f in screener.screen(conversation).flags]
    assert found == ([(1, "threat")] if pointed else [])


def test_a_long_conversation_is_read_whole(reader):
    """Every piece of a call of many windows gets an answer, and every token."""
    turns = tuple(
        Turn(f"{n}回目の確認ですが、昨日お願いした配達の件はどうなっていますか。", Speaker.CUSTOMER)
        for n in range(60)
    )
    viewer = Viewer(Classifier.load(), RuleSet.load(), replace(reader, weighing=replace(reader.weighing, read_from=-99.0)))  # fmt: skip
    view = viewer.view([Conversation("long", Kind.CALL, turns)])
    assert len(view.marks) == len(view.units)
    assert all((m.logits > NOTHING).all() for m in view.marks.values())


def test_its_word_is_the_mean_of_its_networks(reader):
    """Each sees as much as it learnt to see: of a call longer than that, one sees more than another."""
    said = [f"{n}回目の確認ですが、昨日お願いした配達の件はどうなっていますか。" for n in range(40)]
    pieces = [
        Piece(n, True, np.array(e.ids), *np.array(e.offsets).T)
        for n, e in enumerate(reader.tokenizer.encode_batch(said, add_special_tokens=False))
    ]
    each = [network.read(pieces) for network in reader._networks]
    assert len(each) > 1
    assert len({len(windows(pieces, network.window)) for network in reader._networks}) == len(each)
    both = reader.read(pieces)
    np.testing.assert_allclose(both.pieces, np.mean([r.pieces for r in each], axis=0), rtol=1e-5)
    np.testing.assert_allclose(both.whole, np.mean([r.whole for r in each], axis=0), rtol=1e-5)
    for number, said_of in enumerate(both.tokens):
        np.testing.assert_allclose(said_of, np.mean([r.tokens[number] for r in each], axis=0), rtol=1e-5)  # fmt: skip


def _marks(logits, lengths):
    """Tokens of these lengths, one after another; a row of logits for each."""
    ends = np.cumsum(lengths)
    return Marks(ends - lengths, ends, np.array(logits, np.float32))


def test_evidence_is_the_stretch_expected_to_agree_best():
    """Tried against every stretch, the expected counts written out."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        count = int(rng.integers(1, 9))
        lengths = rng.integers(1, 5, count)
        marks = _marks(rng.normal(0, 3, (count, 2)), lengths)
        said = (1 - OF_ANY) * marks.logits[:, 1] + OF_ANY * marks.logits[:, 0]
        meant = lengths / (1 + np.exp(-(said - said.max() + PEAK) / FLATNESS))

        def expected(first, last, meant=meant, lengths=lengths):
            shown = lengths[first : last + 1].sum()
            return 2 * meant[first : last + 1].sum() / (shown + meant.sum())

        best = max(expected(a, b) for a in range(count) for b in range(a, count))
        start, end = marks.stretch(1)
        first, last = marks.starts.tolist().index(start), marks.ends.tolist().index(end)
        assert expected(first, last) == pytest.approx(best)


def test_a_weak_token_belongs_where_those_about_it_speak_unless_it_is_long():
    """The same logits, and lengths in characters."""
    logits = [[2], [-5], [2], [-9]]
    assert _marks(logits, np.array([1, 1, 1, 1])).stretch(0) == (0, 3)
    assert _marks(logits, np.array([9, 99, 1, 1])).stretch(0) == (0, 9)


def test_what_speaks_for_any_means_speaks_for_the_category():
    alone, beside = [[-5, 2], [-5, -6]], [[-5, 2], [8, -6]]
    assert _marks(alone, np.array([1, 2])).stretch(1) == (0, 1)
    assert _marks(beside, np.array([1, 2])).stretch(1) == (0, 3)


def test_a_character_under_two_tokens_counts_once():
    """A word's beginning has a piece of its own, which lies on its first character."""
    starts, ends = np.array([0, 0, 1]), np.array([1, 1, 3])
    logits = np.array([[3], [3], [1.5]], np.float32)
    assert Marks(starts, ends, logits).stretch(0) == _marks(logits[1:], np.array([1, 2])).stretch(0)


def test_no_characters_are_no_evidence():
    none = np.zeros(0, np.int64)
    assert Marks(none, none, np.zeros((0, 1), np.float32)).stretch(0) is None
    assert Marks(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((1, 1), np.float32)).stretch(0) is None  # fmt: skip


@pytest.mark.parametrize("name", [NETWORKS[0], NETWORKS[-1], "tokenizer.json", "card.json"])
def test_files_that_do_not_belong_together_are_refused(tmp_path, name):
    """A changed network, tokenizer, weighing or window, or a missing file; each error says what to do."""
    for file in (*NETWORKS, "tokenizer.json", "card.json"):
        shutil.copy(shipped() / file, tmp_path / file)
    if name == "card.json":
        whole = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        whole["networks"] = dict.fromkeys(whole["networks"], 128)
        (tmp_path / name).write_text(json.dumps(whole), encoding="utf-8")
        with pytest.raises(ModelError, match="is not that of its networks"):
            SecondReader.load(tmp_path)
        card = json.loads((shipped() / name).read_text(encoding="utf-8"))
        card["weighing"]["read_from"] -= 1
        (tmp_path / name).write_text(json.dumps(card), encoding="utf-8")
    else:
        with (tmp_path / name).open("ab") as file:
            file.write(b" ")
    with pytest.raises(ModelError, match=r"is not that of its networks.*make train-second-reader"):
        SecondReader.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match="no readable second reader here"):
        SecondReader.load(tmp_path)


def test_a_draft_that_looks_on_does_not_send_it_away(screener):
    """Beside a draft, and under another policy, the same readers read."""
    beside = Shadowed(screener, default_screener(), lambda compared: None)
    assert beside.detectors == screener.detectors
    assert screener.with_policy(load_policy("tokyo-guideline")).detectors == screener.detectors


def test_another_model_is_refused(reader):
    """Its word was weighed against one model's."""
    other = replace(reader, card=reader.card | {"weighed_with": "linear-0"})
    with pytest.raises(ModelError, match="weighed with linear-0"):
        Screener(Classifier.load(), RuleSet.load(), load_policy(), other)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="second-reader"):
        default_screener(second_reader=True)
    assert default_screener().second_reader is None


def test_the_card_is_of_this_model_and_corpus(reader):
    """CARD.md says what card.json says, beside the figures of the model alone."""
    assert reader.card["corpus_sha256"] == corpus_hash()
    page = (shipped() / "CARD.md").read_text(encoding="utf-8")
    assert page == of_reader(reader.card, Classifier.load().card)


def test_the_card_holds_figures_of_hands_not_seen(reader):
    """With and without it, on the same hands: the model's own card holds the other half."""
    for half in ("natural", "hard"):
        with_it = reader.card["metrics"]["test"][half]["with_reader"]
        without = Classifier.load().card["metrics"]["test"][half]["whole_product"]
        assert with_it["documents"] == without["documents"]
        assert with_it["recall"]["low"] <= with_it["recall"]["value"] <= with_it["recall"]["high"]
