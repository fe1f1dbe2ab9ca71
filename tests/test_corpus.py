"""The corpus keeps what it promises: counts, splits by hand, and no two texts alike."""

import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import corpora
from corpora import stats
from corpora.__main__ import check
from corpora.agreement import Agreement, agreement, first_labels, second_labels, table
from corpora.contrasts import read_contrasts
from corpora.export import conversation_of, labels_of
from corpora.hands import SPLITS, hands, split_of
from corpora.reader import CATEGORIES, CorpusError, read_corpus, read_file
from screening.intake import conversation_from_json


@pytest.fixture(scope="module")
def documents():
    return read_corpus()


def _words(document):
    return re.sub(r"[\W\d_]+", "", "".join(t.text for t in document.customer_turns))


def _shingles(text, n=5):
    return {text[i : i + n] for i in range(len(text) - n + 1)}


def _signatures(documents, size=64):
    """MinHash (Broder 1997) of each document's character 5-grams."""
    rng = np.random.default_rng(7)
    a, b = rng.integers(1, 2**31 - 1, (2, size), dtype=np.uint64)
    rows = []
    for document in documents:
        grams = sorted(_shingles(_words(document)))
        hashes = np.array([hash_of(g) for g in grams] or [0], np.uint64)
        rows.append(((hashes[:, None] * a + b) % np.uint64(2**61 - 1)).min(axis=0))
    return np.array(rows)


def hash_of(text):
    value = 1469598103934665603
    for char in text:
        value = ((value ^ ord(char)) * 1099511628211) % 2**31
    return value


def test_no_document_is_another_ones_near_duplicate(documents):
    """Across hands, two documents share under a third of their character 5-grams."""
    signatures = _signatures(documents)
    bands = defaultdict(set)
    for i, row in enumerate(signatures):
        for band in range(0, len(row), 2):
            bands[band, row[band : band + 2].tobytes()].add(i)
    candidates = {p for group in bands.values() if len(group) < 40 for p in combinations(sorted(group), 2)}  # fmt: skip
    shared = []
    for i, j in candidates:
        if documents[i].hand == documents[j].hand and documents[i].series:
            continue  # the same mail again is what a series of persistence is about
        a, b = _shingles(_words(documents[i])), _shingles(_words(documents[j]))
        if len(a & b) > len(a | b) / 3:
            shared.append((documents[i].id, documents[j].id))
    assert not shared


def test_no_long_run_of_words_stands_in_many_documents(documents):
    """Templates would show as long strings that many documents share."""
    counts = Counter()
    for document in documents:
        counts.update(_shingles(_words(document), 20))
    common = {
        gram: n
        for gram, n in counts.items()
        # Formulas of letters, and what recognisers invent in silence, are the language's own.
        if n > 3 and not re.search("ご視聴|ご清栄|ご清祥|お慶び申し|ございましたあり", gram)
    }
    assert not common


def test_calls_do_not_open_alike(documents):
    """No opening of a customer stands in more than one call of a hundred."""
    calls = [d for d in documents if d.kind == "call"]
    openings = Counter(d.customer_turns[0].text[:12] for d in calls)
    assert openings.most_common(1)[0][1] <= len(calls) / 100


def test_every_hand_is_on_one_side_and_the_test_side_is_a_fifth(documents):
    """The split is by writer, and hands of the test side wrote nothing else."""
    sides = {d.hand: split_of(d.hand) for d in documents}
    assert set(sides.values()) == set(SPLITS)
    assert set(sides) <= set(hands())
    assert sum(sides[d.hand] == "test" for d in documents) >= 0.2 * len(documents)


def test_the_counts_that_the_corpus_is_held_to(documents):
    """Documents, turns, hands, halves, trades and noises."""
    counts = stats.count(documents)
    assert counts["documents"] >= 1200
    assert (counts["calls"], counts["mails"]) >= (700, 450)
    assert counts["customer_turns"] >= 12_000
    assert counts["hands"] >= 24
    assert counts["angry_legitimate_documents"] >= 240
    assert counts["series"] >= 60
    assert len(counts["trades"]) >= 16
    asr = sum(d.noise == "asr" for d in documents) / counts["calls"]
    odd = sum(d.noise in ("odd", "obfuscated") for d in documents) / counts["mails"]
    assert asr >= 0.28
    assert odd >= 0.15
    natural = [d for d in documents if d.half == "natural"]
    harmless = sum(not d.labels & set(stats.MEANS) for d in natural) / len(natural)
    assert 0.62 <= harmless <= 0.78
    assert set(counts["categories"]) == set(CATEGORIES)


def test_exported_conversations_are_read_back(documents):
    """The export is the neutral contract, and its labels point at the labelled words."""
    for document in documents[::40]:
        conversation = conversation_of(document)
        again = conversation_from_json(conversation.to_json())
        assert [t.text for t in again.turns] == [t.text for t in conversation.turns]
        for span in labels_of(document)["spans"]:
            text = conversation.turns[span["turn"]].text
            assert text[span["start"] : span["end"]].strip()


def test_contrasts_are_pairs_of_different_sentences():
    """Ids are used once; both sides differ, and no sentence is flagged in one pair, harmless in another."""
    pairs = list(read_contrasts())
    assert len({p.id for p in pairs}) == len(pairs)
    assert all(p.flagged != p.harmless for p in pairs)
    assert not {p.flagged for p in pairs} & {p.harmless for p in pairs}


def test_a_quarter_was_labelled_twice_and_agrees(documents):
    """Blind second labels by document: macro F1 at least 0.85, no category under 0.75."""
    second = second_labels()
    twice = [d for d in documents if d.id in second]
    assert len(twice) == len(second)
    assert len(twice) >= 0.25 * len(documents)
    rows = agreement(first_labels(documents), second)
    known = [r.f1 for r in rows[1:] if r.f1 is not None]
    assert len(known) == len(CATEGORIES)
    assert min(known) >= 0.75
    assert sum(known) / len(known) >= 0.85


def test_the_published_agreement_is_the_agreement(documents):
    """AGREEMENT.md holds the table that the labels give."""
    text = (Path(corpora.__file__).parent / "AGREEMENT.md").read_text(encoding="utf-8")
    assert table(agreement(first_labels(documents), second_labels())) in text


def test_alpha_of_known_tables():
    """Full agreement is 1, what chance would give is near 0, the opposite is below."""
    assert Agreement("x", 10, 0, 0, 10).alpha == pytest.approx(1)
    assert Agreement("x", 25, 25, 25, 25).alpha == pytest.approx(0, abs=0.02)
    assert Agreement("x", 0, 10, 10, 0).alpha < -0.9
    assert Agreement("x", 0, 0, 0, 20).alpha is None


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("@@ call id=x hand=h01 trade=介護\nA: はい\n", 1, "half"),
        ("@@ call id=x hand=h01 trade=介護 half=hard\nC: [[rude|ばか]]\n", 2, "unknown label"),
        ("@@ call id=x hand=h01 trade=介護 half=hard\nC: [[threat|殺す\n", 2, "closed"),
        (
            "@@ call id=x hand=h01 trade=介護 half=hard\nA: [[threat|殺す]]\nC: はい\n",
            2,
            "customer",
        ),
        ("@@ call id=x hand=h01 trade=介護 half=hard minutes=長い\nC: はい\n", 1, "number"),
        ("@@ email id=x hand=h01 trade=介護 half=hard\nB: 本文\n", 1, "S:"),
        ("はい\n", 1, "header"),
        ("@@ fax id=x\n", 1, "call"),
    ],
)
def test_a_mistake_in_a_file_is_named_by_line(tmp_path, text, line, says):
    """file:line, what was expected and what to do."""
    path = tmp_path / "h01.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=says) as error:
        list(read_file(path))
    assert (error.value.path, error.value.line) == (str(path), line)


def test_a_hand_that_is_not_listed_is_named(tmp_path, capsys):
    """A new writer's file is read and the missing row named, and the rest is still counted."""
    path = tmp_path / "h999.txt"
    path.write_text(
        "@@ email id=h999-m01 hand=h999 trade=通販 half=natural\nS: 件名\nB: 本文\n",
        encoding="utf-8",
    )
    known = tmp_path / "h01.txt"
    known.write_text(path.read_text(encoding="utf-8").replace("h999", "h01"), encoding="utf-8")
    assert check([path, known]) == 3
    out, err = capsys.readouterr()
    assert re.search(r"^documents +1$", out, re.M)
    assert f"{path}: hand h999 is not in hands.tsv" in err
