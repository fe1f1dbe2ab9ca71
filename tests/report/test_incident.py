"""The incident report says who, when, where and what, and never more than was found."""

from dataclasses import replace
from datetime import UTC, datetime

from screening.corrections import Correction, CorrectionKind
from screening.records import Flag, Priority, Speaker, Turn
from screening.report import incident, masking, pointers, training_case
from screening.report.incident import Hiding
from screening.report.pointers import known
from screening.review import Role

from .conftest import POLICY, THREAT, call, conversation, result

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _report(store, keys, *, masked):
    return incident(
        store.case(keys[2]),
        POLICY,
        [store.case(k) for k in keys[:2]],
        masked=masked,
        now=NOW,
    )


def test_words_are_quoted_with_their_time_and_what_was_answered(store, decided):
    """The confirmed words stand verbatim, with the second of the call and the staff's next words."""
    report = _report(store, decided, masked=False)
    (passage,) = report.passages
    assert passage.words == "夜道に気をつけろよ"
    assert passage.at_ms == 2000
    assert passage.answer == "それはお受けできません。"
    assert passage.state == "該当と確認"
    assert report.duration_ms == 75000
    assert report.customer == "k-77"


def test_a_dismissed_flag_is_no_part_of_an_incident(store, decided):
    """Neither its words nor its decision stand in the report, unless they are asked for, and then apart."""
    report = _report(store, decided, masked=False)
    assert [r.outcome for r in report.rulings] == ["カスタマーハラスメントに当たる"]
    assert len(report.passages) == 1
    assert report.rejected == ()
    asked = incident(store.case(decided[2]), POLICY, masked=False, now=NOW, rejected=True)
    assert [r.outcome for r in asked.rejected] == ["ハラスメントに当たらない（苦情・ご意見）"]
    assert [r.outcome for r in asked.rulings] == ["カスタマーハラスメントに当たる"]
    assert len(asked.passages) == 1


def test_a_flag_that_people_set_right_is_shown_as_they_did(store):
    """In the report and in a training case: category, clause, place and words are those decided on."""
    c = call(6, THREAT)
    flag_id = store.save(c, result(c, (1, 0, 2))).flag_ids[0]
    person = store.people.add_person("確認 次郎", "a long pass phrase", [Role.REVIEWER])
    key = store.flag(flag_id, person).conversation_key
    for correction in (
        Correction(CorrectionKind.CATEGORY, flag_id=flag_id, category="intimidation"),
        Correction(CorrectionKind.SPAN, flag_id=flag_id, turn=1, start=6, end=15),
    ):
        store.corrections.add(key, person, correction, policy=POLICY)
    store.decide(
        flag_id,
        person,
        policy=POLICY,
        answers={"demand_validity": "no_demand", "means_acceptability": "unacceptable"},
        outcome="harassment",
        reason="口調で圧している",
    )
    category = POLICY.categories["intimidation"]
    report = incident(store.case(key), POLICY, masked=False, now=NOW)
    (passage,), (ruling,) = report.passages, report.rulings
    for shown in (passage, ruling):
        assert (shown.category, shown.provision) == (category.name, category.provision)
        assert (shown.turn, shown.words) == (1, "夜道に気をつけろよ")
    (point,) = training_case(store.case(key), POLICY).points
    assert (point.category, point.provision) == (category.name, category.provision)


def test_a_decision_that_was_taken_back_is_gone(store, decided):
    """Neither its outcome nor its reason is left; the next decision stands alone."""
    case = store.case(decided[2])
    flag = next(f for f in case.flags if f.flag.turn == 1)
    hanako = next(d.decision.person_id for d in case.decisions)
    person = store.people.named("確認 花子")
    assert person.id == hanako
    store.withdraw(flag.id, person, reason="取り違えた")
    report = _report(store, decided, masked=False)
    assert report.rulings == ()
    assert "取り違えた" not in repr(report)
    assert "身の安全" not in repr(report)
    store.decide(
        flag.id,
        person,
        policy=POLICY,
        answers={"demand_validity": "no_demand", "means_acceptability": "unacceptable"},
        outcome="harassment",
        reason="二度目の判断の理由",
    )
    assert [r.reason for r in _report(store, decided, masked=False).rulings] == [
        "二度目の判断の理由"
    ]


def test_a_flag_on_the_whole_conversation_quotes_its_evidence(store):
    """Without a place of its own it has the utterances that its record names, with time and answer."""
    c = call(5, "責任者を出せと言っただろう、佐藤さん")
    found = result(c, category="persistence")
    whole = Flag(
        "persistence", "②-5", None, 0, 0, "", 0.9, ("repetition",),
        "②-5の「継続的・執拗な言動」のおそれ：同じ求めが2回あります", Priority.HIGH, (3, 1),
    )  # fmt: skip
    key = store.save(c, replace(found, flags=(whole,))).key
    (passage,) = incident(store.case(key), POLICY, masked=True, now=NOW).passages
    assert [q.turn for q in passage.quotes] == [1, 3]
    assert passage.quotes[0].said == "責任者を出せと言っただろう、［氏名］さん"
    assert passage.quotes[0].at_ms == 2000
    assert passage.quotes[0].answer == "それはお受けできません。"
    assert passage.why == "同じ求めが2回あります"
    assert not passage.confirmed


def test_the_policy_is_named_for_people(store, decided):
    """By its title and the day from which it holds; exact versions are for the footnote."""
    report = _report(store, decided, masked=False)
    assert report.policy_title == POLICY.title
    assert report.policy_from == POLICY.effective_from
    assert POLICY.version in report.policies


def test_a_name_that_is_certain_once_goes_everywhere(store):
    """根本 is also a word; where the agent calls the customer 根本様 it is a name in the whole case."""
    c = conversation(
        6,
        turns=(
            Turn("根本だ。責任者を出せ", Speaker.CUSTOMER, 0, 900),
            Turn("根本様、少々お待ちください", Speaker.AGENT, 900, 1900),
        ),
    )
    key = store.save(c, result(c)).key
    report = incident(store.case(key), POLICY, masked=True, now=NOW)
    assert "根本" not in repr(report)


def test_repeats_have_dates_and_answers(store, decided):
    """Earlier contacts come oldest first, each with the words and what staff answered."""
    report = _report(store, decided, masked=False)
    assert [c.occurred_at[:10] for c in report.contacts] == ["2026-10-01", "2026-10-03"]
    assert all(c.passages[0].answer == "それはお受けできません。" for c in report.contacts)


def test_the_steps_that_follow_are_listed_inside_first(store, decided):
    """Internal steps come before external ones, which need an approval."""
    report = _report(store, decided, masked=False)
    sides = [s.side for s in report.steps]
    assert sides == sorted(sides, key=lambda s: s != "internal")
    police = next(s for s in report.steps if "警察" in s.title)
    assert police.needs_approval


def test_the_masked_version_names_nobody(store, decided):
    """No customer, no employee, no number is left in any text; the abuse is."""
    report = _report(store, decided, masked=True)
    whole = repr(report)
    for gone in ("佐藤", "鈴木", "090-1234", "k-77", "確認 花子", "c-3"):
        assert gone not in whole, gone
    assert "夜道に気をつけろよ" in whole
    assert {r.person for r in report.rulings} == {"確認者1"}


def test_the_raw_version_is_verbatim(store, decided):
    """What was said is there to the letter."""
    report = _report(store, decided, masked=False)
    assert [line.said for line in report.transcript] == [
        t.text for t in store.case(decided[2]).conversation.turns
    ]


def test_pointers_need_a_confirmed_flag(store, decided):
    """An undecided case points at no law; a confirmed threat points at Penal Code 222."""
    assert [p.law for p in _report(store, decided, masked=False).pointers] == [
        "刑法222条",
        "刑法234条",
    ]
    undecided = incident(store.case(decided[0]), POLICY, masked=False, now=NOW)
    assert undecided.pointers == ()


def test_a_demand_for_money_beside_a_threat_points_at_extortion():
    """Penal Code 249 needs both, and the demand need not be harassment by itself."""
    laws = [p.law for p in pointers(POLICY, ["threat"], ["threat", "compensation_demand"])]
    assert "刑法249条" in laws
    assert "刑法249条" not in [p.law for p in pointers(POLICY, ["threat"], ["threat"])]


def test_insult_and_defamation_are_never_suggested():
    """Both need publicity, which a conversation of two lacks (Penal Code 230, 231)."""
    for pointer in known():
        assert "231" not in pointer.law
        assert "230" not in pointer.law
        assert "侮辱" not in pointer.title
        assert "名誉" not in pointer.title
    assert pointers(POLICY, ["verbal_abuse"]) == ()
    assert pointers(POLICY, ["defamation"]) == ()


def test_every_label_of_the_pointers_is_one_the_policy_knows():
    """A mistyped label would silently point at nothing."""
    labels = {x for c in POLICY.categories.values() for x in c.signals.labels}
    for pointer in known():
        assert pointer.labels | pointer.together <= labels


def test_a_training_case_holds_words_and_reasons_but_nobody(store, decided):
    """Names, numbers, dates and identifiers are gone; the point's offsets find its words."""
    case = training_case(store.case(decided[2]), POLICY)
    whole = repr(case)
    for gone in ("佐藤", "鈴木", "090-1234", "k-77", "花子", "2026", "c-3"):
        assert gone not in whole, gone
    point = next(p for p in case.points if p.turn == 1)
    assert "夜道" in case.lines[1][1][point.start : point.end]


def test_an_undecided_case_is_no_training_case(store, decided):
    """A course needs to know what was concluded."""
    assert training_case(store.case(decided[0]), POLICY) is None


def test_a_masked_report_reads_every_text_once(store, decided, monkeypatch):
    """Finding the names and taking them out are one reading: of a long call it is most of the work."""
    read = []
    tokenize = masking.tokenize
    monkeypatch.setattr(masking, "tokenize", lambda text: read.append(text) or tokenize(text))
    report = _report(store, decided, masked=True)
    assert THREAT not in repr(report)
    said = [t.text for k in decided for t in store.case(k).conversation.turns]
    assert set(said) <= set(read)
    assert max(read.count(text) for text in said) == 1


def _hiding(case, *people):
    """What hides the names of these people, as if they had decided."""
    return Hiding.of(
        replace(case, decisions=[replace(case.decisions[0], person_name=p) for p in people])
    )


def test_the_people_who_decided_are_hidden_by_each_of_their_names(store, decided):
    """In full and half width, with either space between, and by the family name alone."""
    hide = _hiding(store.case(decided[2]), "鬼塚　ﾊﾙｵ")
    for said in (
        "鬼塚ハルオが見ました",
        "鬼塚 ハルオが見ました",
        "鬼塚が見ました",
        "ハルオが見ました",
    ):
        assert hide(said) == "［氏名］が見ました", said


def test_a_name_that_is_an_ordinary_word_hides_no_ordinary_words(store, decided):
    """Somebody called 確認 is no reason to take 確認 out of a report; the whole name goes."""
    hide = _hiding(store.case(decided[2]), "確認 花子")
    assert hide("もう一度確認します") == "もう一度確認します"
    assert hide("確認花子が見ました") == "［氏名］が見ました"
    assert hide("花子が見ました") == "［氏名］が見ました"
