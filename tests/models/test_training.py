"""From labelled text to a model, and what a model is refused for."""

import json
import shutil

import numpy as np
import pytest

from corpora.hands import corpus_hash, hands
from corpora.reader import CATEGORIES, read_corpus
from models import card as cards
from models.encode import HEADS, Text, encode
from models.heads import matrix
from models.noise import confusions, disguised, heard
from models.train import packed
from screening.classifier import Classifier
from screening.classifier.model import ANY, shipped
from screening.errors import ModelError


def test_a_span_labels_the_sentence_that_holds_it():
    """Of a turn of two sentences, the one with the words carries the label, and any-means."""
    text = "昨日の件で電話をしています。本当に役立たずな会社だなと思いました。"
    start = text.index("役立たず")
    units = encode([Text(text, ((start, start + 4, frozenset(["verbal_abuse"])),), 0, 0, "h01")])
    label = HEADS.index("verbal_abuse")
    assert units.labels[:, label].tolist() == [False, True]
    assert units.labels[:, HEADS.index(ANY)].tolist() == [False, True]


def test_a_demand_alone_is_no_means():
    """A conditional demand does not teach that something is abusive."""
    text = "返金してください"
    units = encode([Text(text, ((0, 8, frozenset(["compensation_demand"])),), 0, 0, "h01")])
    assert units.labels[0, HEADS.index("compensation_demand")]
    assert not units.labels[0, HEADS.index(ANY)]


def test_rows_have_length_one():
    """Each unit's features are weighted and brought to length one, as inference does."""
    units = encode([Text("お世話になっております", (), 0, 0, "h01")])
    kept = units.features.indices.astype(np.int64)
    x = matrix(units.features, np.sort(kept), np.linspace(1, 5, len(kept), dtype=np.float32))
    assert x.multiply(x).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("edit", [heard(confusions(["補償と保証", "公開と後悔"]), 0.3), disguised])
def test_augmentation_keeps_hold_of_the_words(edit):
    """Pieces of a rewritten text cover the original from end to end, in order."""
    import random

    text = "馬鹿、死ねよ。補償は、いつ公開するんだ！"
    for seed in range(50):
        pieces = edit(text, random.Random(seed))
        assert [a for _, a, _ in pieces] == [0, *[b for _, _, b in pieces[:-1]]]
        assert pieces[-1][2] == len(text)


def test_the_weights_file_depends_on_the_arrays_alone():
    """The same arrays give the same bytes, whenever they are written."""
    arrays = {"b": np.arange(5), "a": np.ones(3, np.float16)}
    assert packed(arrays) == packed(dict(reversed(arrays.items())))


def test_no_hand_is_on_two_sides():
    """Every document's hand is listed, and lists exactly one split."""
    listed = hands()
    assert {d.hand for d in read_corpus()} <= set(listed)
    assert {h.split for h in listed.values()} == {"train", "dev", "test"}


class TestShippedModel:
    """The model that comes with the product."""

    @pytest.fixture
    def folder(self, tmp_path):
        shutil.copytree(shipped(), tmp_path / "m")
        return tmp_path / "m"

    def test_it_loads_and_knows_every_category(self, folder):
        """Its heads are any-means and the corpus's categories."""
        assert set(Classifier.load(folder).heads) == {ANY, *CATEGORIES}

    def test_it_was_trained_on_this_corpus(self, folder):
        """The card names the hash of the corpus as it stands here; else 'make train' is due."""
        assert json.loads((folder / "card.json").read_text())["corpus_sha256"] == corpus_hash()

    def test_test_hands_taught_it_nothing(self, folder):
        """Only training hands are named among those it was trained on."""
        taught = json.loads((folder / "card.json").read_text())["trained_on"]["hands"]
        assert {hands()[h].split for h in taught} == {"train"}

    def test_the_published_card_is_the_card(self, folder):
        """CARD.md says what card.json says."""
        card = json.loads((folder / "card.json").read_text())
        assert (folder / "CARD.md").read_text(encoding="utf-8") == cards.markdown(card)

    def test_under_noise_each_figure_stands_under_its_name(self, folder):
        """The order of the columns is the table's and not that of the JSON's keys."""
        card = json.loads((folder / "card.json").read_text())
        noise = card["metrics"]["test"]["natural"]["whole_product"]["noise"]["recogniser"]
        page = cards.markdown(card)
        page = page[page.index("### test") :]
        head = next(line for line in page.splitlines() if line.startswith("| 加工した文で"))
        row = next(line for line in page.splitlines() if line.startswith("| 本製品、認識誤り"))
        shown = dict(zip(head.split("|"), row.split("|"), strict=True))
        assert shown[" 該当文書の発見率 "].startswith(f" {100 * noise['recall']['value']:.1f}%")
        assert shown[" 該当しない文書の誤検知率 "].startswith(f" {100 * noise['flagged_harmless']['value']:.1f}%")  # fmt: skip

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda card: card | {"format": "other"}, "format"),
            (lambda card: card | {"weights_sha256": "0" * 64}, "sha256"),
            (lambda card: card | {"libraries": {"fugashi": "0.1"}}, "install those versions"),
            (
                lambda card: card | {"stack": card["stack"] | {"above_even": 2.0}},
                "weights and stack",
            ),
        ],
    )
    def test_a_card_that_does_not_match_is_refused(self, folder, change, said):
        """Format, weights and library versions are checked at load."""
        path = folder / "card.json"
        path.write_text(json.dumps(change(json.loads(path.read_text()))))
        with pytest.raises(ModelError, match=said):
            Classifier.load(folder)

    def test_altered_weights_are_refused(self, folder):
        """One changed byte of the weights is found."""
        path = folder / "weights.npz"
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
        with pytest.raises(ModelError, match="sha256"):
            Classifier.load(folder)

    def test_a_missing_model_says_what_to_do(self, tmp_path):
        """An empty folder is refused with the remedy."""
        with pytest.raises(ModelError, match="make train"):
            Classifier.load(tmp_path)
