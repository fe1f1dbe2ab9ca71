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
from screening.errors import ModelError
from screening.policy import load_policy
from screening.records import Conversation, Kind, Speaker, Turn
from screening.rehearsal import Shadowed
from screening.rules import RuleSet
from screening.screener import Screener, default_screener
from screening.second_reader import Marks, SecondReader
from screening.second_reader.reader import NOTHING, shipped
from screening.view import Viewer


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
    learnt = read(documents, reader.tokenizer)
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


def test_evidence_is_the_run_about_the_strongest_token():
    """Tokens near the strongest that speak too belong to it; those far off do not."""
    logits = np.full((20, 1), -9, np.float32)
    logits[[1, 3, 19]] = [[1], [2], [1]]
    marks = Marks(np.arange(20) * 2, np.arange(20) * 2 + 2, logits)
    assert marks.stretch(0) == (2, 8)
    weak = Marks(np.arange(3), np.arange(3) + 1, np.array([[-5], [-2], [-6]], np.float32))
    assert weak.stretch(0) == (1, 2)
    assert Marks(np.zeros(0), np.zeros(0), np.zeros((0, 1), np.float32)).stretch(0) is None


@pytest.mark.parametrize("name", ["network.onnx", "tokenizer.json", "card.json"])
def test_files_that_do_not_belong_together_are_refused(tmp_path, name):
    """A changed network, tokenizer or weighing, or a missing file; each error says what to do."""
    for file in ("network.onnx", "tokenizer.json", "card.json"):
        shutil.copy(shipped() / file, tmp_path / file)
    if name == "card.json":
        card = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        card["weighing"]["read_from"] -= 1
        (tmp_path / name).write_text(json.dumps(card), encoding="utf-8")
    else:
        with (tmp_path / name).open("ab") as file:
            file.write(b" ")
    with pytest.raises(ModelError, match=r"is not that of its network.*make train-second-reader"):
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
