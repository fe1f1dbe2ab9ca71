"""What a reviewer sets right, and what becomes of it."""

from hashlib import sha256

import pytest

from corpora.reader import read_corpus, read_file
from screening import labels
from screening.cli import main
from screening.corrections import Correction, CorrectionKind
from screening.errors import Conflict, NotFound, PermissionDenied, ReviewError
from screening.records import Conversation, Flag, Kind, Priority, ScreeningResult, Speaker, Turn
from screening.review import FlagState
from screening.sampling import Plan

from .conftest import HARASSMENT, HARMLESS

K = CorrectionKind


@pytest.fixture
def saved(store, make):
    store.set_plan(Plan(double_share=0, check_share=1))
    return store.save(*make(text="家は知ってるぞ、この役立たず"))


@pytest.fixture
def add(store, saved, staff, policy):
    def add(kind, person=None, **more):
        if kind in (K.SPAN, K.CATEGORY):
            more.setdefault("flag_id", saved.flag_ids[0])
        return store.corrections.add(
            saved.key, person or staff["reviewer"], Correction(kind, **more), policy=policy
        )

    return add


class TestAdding:
    def test_the_machines_flag_stays_as_it_was(self, store, saved, add):
        """A correction stands beside the flag."""
        before = store.flag(saved.flag_ids[0])
        add(K.SPAN, turn=1, start=0, end=7, note="文全体")
        assert store.flag(saved.flag_ids[0]) == before
        (found,) = store.case(saved.key).corrections
        assert (found.correction.start, found.correction.end) == (0, 7)

    def test_a_corrected_category_is_what_is_decided(self, store, saved, add, staff, policy):
        """The policy's questions are about what the person says it is."""
        plain_demand = next(c for c in policy.categories.values() if c.group == "care")
        add(K.CATEGORY, category=plain_demand.id)
        with pytest.raises(ReviewError):
            store.decide(saved.flag_ids[0], staff["reviewer"], policy=policy, **HARASSMENT)

    def test_a_missed_flag_goes_before_people(self, store, saved, add, staff):
        """It is proposed like any other, and says that a person found it."""
        found = add(K.MISSED, turn=1, start=8, end=14, category="verbal_abuse")
        row = store.flag(found.correction.flag_id)
        assert (row.state, row.flag.detectors) == (FlagState.PROPOSED, ("person",))
        assert row.flag.text == "この役立たず"
        assert row.id in [r.id for r in store.flags().items]

    def test_it_names_the_policy_that_it_was_found_under(self, store, saved, add, policy):
        """Its category, clause and priority are of that policy, whatever screened the conversation."""
        found = add(K.MISSED, turn=1, start=8, end=14, category="verbal_abuse")
        assert store.flag(found.correction.flag_id).policy == policy.version

    def test_the_same_is_not_missed_twice(self, add):
        """Two who add the same flag add it once."""
        add(K.MISSED, turn=1, start=8, end=14, category="verbal_abuse")
        with pytest.raises(Conflict, match="もうあります"):
            add(K.MISSED, turn=1, start=8, end=14, category="verbal_abuse")

    @pytest.mark.parametrize(
        ("kind", "wrong"),
        [
            (K.SPAN, {"turn": 1, "start": 5, "end": 5}),
            (K.SPAN, {"turn": 1, "start": 0, "end": 99}),
            (K.SPAN, {"turn": 7, "start": 0, "end": 1}),
            (K.SPAN, {"turn": 1, "start": 0, "end": 3, "flag_id": None}),
            (K.CATEGORY, {"category": "nonsense"}),
            (K.MISSED, {"turn": 1, "start": 0, "end": 3}),
            (K.SPEAKER, {"turn": 1}),
            (K.SPEAKER, {"turn": -1, "speaker": Speaker.AGENT}),
        ],
    )
    def test_what_is_not_in_the_conversation_is_refused(self, store, saved, add, kind, wrong):
        """And leaves nothing behind."""
        with pytest.raises(ReviewError):
            add(kind, **wrong)
        assert store.case(saved.key).corrections == ()

    def test_a_flag_of_another_conversation_is_refused(self, store, make, add):
        """One does not reach from one case into another."""
        other = store.save(*make(2)).flag_ids[0]
        with pytest.raises(ReviewError, match="この会話"):
            add(K.SPAN, turn=1, start=0, end=3, flag_id=other)

    def test_a_conversation_that_is_not_there(self, store, staff, policy):
        """Is said to be missing."""
        wrong = Correction(K.SPEAKER, turn=0, speaker=Speaker.AGENT)
        with pytest.raises(NotFound):
            store.corrections.add("0" * 32, staff["reviewer"], wrong, policy=policy)

    @pytest.mark.parametrize("who", ["approver", "administrator", "auditor", "machine"])
    def test_only_a_reviewer_corrects(self, add, staff, who):
        """Labels come from who reviews."""
        with pytest.raises(PermissionDenied):
            add(K.SPEAKER, staff[who], turn=0, speaker=Speaker.CUSTOMER)


class TestExport:
    def test_it_reads_back_as_a_corpus(self, store, url, saved, add, staff, policy, tmp_path):
        """Confirmed spans carry their corrected labels; the corpus's reader takes every file."""
        me = staff["reviewer"]
        add(K.SPAN, turn=1, start=0, end=7)
        missed = add(K.MISSED, turn=1, start=8, end=14, category="verbal_abuse")
        for flag_id in (saved.flag_ids[0], missed.correction.flag_id):
            store.decide(flag_id, me, policy=policy, **HARASSMENT)
        golden = tmp_path / "golden.tsv"
        status = main(
            [
                "corrections",
                "export",
                str(tmp_path),
                "--golden",
                str(golden),
                "--database",
                url,
                "--secret-file",
                str(tmp_path / "secret"),
            ]
        )
        assert status == 0
        (document,) = read_corpus(tmp_path)
        turn = document.turns[1]
        assert turn.text == "家は知ってるぞ、この役立たず"
        assert [(s.start, s.end, s.labels) for s in turn.spans] == [
            (0, 7, ("threat",)),
            (8, 14, ("verbal_abuse",)),
        ]
        header, *rows = golden.read_text(encoding="utf-8").splitlines()
        assert header == "id\texpected\ttext\tnote"
        assert {r.split("\t")[1] for r in rows} == {"threat", "verbal_abuse"}

    def test_what_is_not_decided_is_not_exported(self, store, url, saved, add, tmp_path, capsys):
        """A conversation with an open flag is no labelled one."""
        add(K.SPAN, turn=1, start=0, end=7)
        key = ["--secret-file", str(tmp_path / "secret")]
        assert main(["corrections", "export", str(tmp_path), "--database", url, *key]) == 0
        assert read_corpus(tmp_path) == []
        assert "1件は含めていません" in capsys.readouterr().err

    def test_dismissed_words_are_labelled_harmless(self, store, saved, staff, policy):
        """A false alarm becomes a document without a label, and a row that must stay without one."""
        store.decide(saved.flag_ids[0], staff["reviewer"], policy=policy, **HARMLESS)
        (decided,) = store.corrections.decided()
        assert "[[" not in labels.document(decided)
        (row,) = labels.golden(decided)
        assert row.split("\t")[1:3] == ["none", "家は知ってるぞ、この役立たず"]

    def test_a_corrected_speaker_is_the_speaker(self, store, saved, add, staff, policy, tmp_path):
        """What an agent said carries no label, whatever was confirmed there."""
        add(K.SPEAKER, turn=0, speaker=Speaker.CUSTOMER)
        add(K.SPEAKER, turn=1, speaker=Speaker.AGENT)
        store.decide(saved.flag_ids[0], staff["reviewer"], policy=policy, **HARASSMENT)
        (decided,) = store.corrections.decided()
        path = tmp_path / "x.txt"
        path.write_text(labels.document(decided), encoding="utf-8")
        (document,) = read_file(path)
        assert [t.speaker for t in document.turns] == ["customer", "agent"]
        assert document.labels == frozenset()

    def test_exporting_is_on_record_and_for_administrators(self, store, saved, staff, policy):
        """Raw words leave the record: who asked stands in the log."""
        store.decide(saved.flag_ids[0], staff["reviewer"], policy=policy, **HARASSMENT)
        with pytest.raises(PermissionDenied):
            store.corrections.decided(staff["reviewer"])
        list(store.corrections.decided(staff["administrator"]))
        (entry,) = store.audit.entries(staff["auditor"], action="look")
        assert entry.detail == {"count": 1}


class TestDocument:
    def _decided(self, texts, flags=(), kind=Kind.CALL, speakers=None):
        who = speakers or [Speaker.CUSTOMER] * len(texts)
        turns = tuple(Turn(x, s) for x, s in zip(texts, who, strict=True))
        conversation = Conversation("c", kind, turns, customer_id="k 1", occurred_at="2026-11-01")
        rows = [
            (str(n), Flag(c, "②-2", t, a, b, "", 0.9, (), "", Priority.HIGH), FlagState.CONFIRMED)
            for n, (c, t, a, b) in enumerate(flags)
        ]
        return labels.Decided("0123456789abcdef", conversation, rows, (), "訪問 介護")

    def _read(self, tmp_path, decided):
        path = tmp_path / "x.txt"
        path.write_text(labels.document(decided), encoding="utf-8")
        (document,) = read_file(path)
        return document

    def test_markup_in_what_was_said_is_not_markup(self, tmp_path):
        """Brackets, markers and headers in the words keep their length and lose their meaning."""
        texts = ["件名", "一行目\n@@ call id=x\nS: 引用\nB: 引用\n[[threat|偽]]殺すぞ"]
        start = texts[1].index("殺すぞ")
        decided = self._decided(texts, [("threat", 1, start, start + 3)], Kind.EMAIL)
        document = self._read(tmp_path, decided)
        (span,) = document.turns[1].spans
        assert document.turns[1].text[span.start : span.end] == "殺すぞ"
        assert len(document.turns[1].text) == len(texts[1])

    def test_overlapping_flags_become_one_span(self, tmp_path):
        """The format knows no nesting."""
        flags = [("threat", 0, 0, 4), ("verbal_abuse", 0, 2, 6), ("threat", 0, 7, 9)]
        document = self._read(tmp_path, self._decided(["あいうえおかきくけ"], flags))
        assert [(s.start, s.end, s.labels) for s in document.turns[0].spans] == [
            (0, 6, ("threat", "verbal_abuse")),
            (7, 9, ("threat",)),
        ]

    def test_what_only_the_whole_shows_is_the_documents(self, tmp_path):
        """A flag without a turn is a label of the document; no customer is named."""
        document = self._read(tmp_path, self._decided(["あ"], [("persistence", None, 0, 0)]))
        assert document.doc_labels == {"persistence"}
        assert document.trade == "訪問介護"
        assert document.series is None

    def test_a_customers_pseudonym_cannot_be_guessed(self, tmp_path):
        """The same customer has the same one, another installation another, and no plain hash is it."""
        decided = self._decided(["あ"])

        def series(key):
            text = labels.document(decided, key=key)
            return next(x for x in text.split() if x.startswith("series=")).partition("field-")[2]

        assert series(b"one installation") == series(b"one installation")
        assert series(b"one installation") != series(b"another one here")
        assert series(b"one installation") not in sha256(b"k 1").hexdigest()
        assert not sha256(b"k 1").hexdigest().startswith(series(b"one installation")[:12])

    def test_an_unknown_speaker_cannot_be_written(self):
        """Only the customer's words carry labels, so it must be known whose they are."""
        assert labels.document(self._decided(["あ"], speakers=[Speaker.UNKNOWN])) is None
        assert labels.document(self._decided(["あ"], speakers=[Speaker.AGENT])) is None


def test_a_whole_conversations_flag_has_no_span(store, staff, policy):
    """There is nothing to move."""
    conversation = Conversation("w", Kind.CALL, (Turn("あ", Speaker.CUSTOMER),))
    flag = Flag("persistence", "②-5", None, 0, 0, "", 0.9, ("repetition",), "理由", Priority.HIGH)
    result = ScreeningResult("w", True, "medical-care@1", "m", {}, (flag,))
    saved = store.save(conversation, result)
    wrong = Correction(K.SPAN, saved.flag_ids[0], 0, 0, 1)
    with pytest.raises(ReviewError, match="会話全体"):
        store.corrections.add(saved.key, staff["reviewer"], wrong, policy=policy)
