"""One screener for the live call, the inbox and the archive: the same answer each time."""

import random
import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from corpora.export import conversation_of
from corpora.hands import split_of
from corpora.reader import read_corpus
from screening.records import Conversation, Kind, Speaker, Turn
from screening.screener import default_screener

C, A = Speaker.CUSTOMER, Speaker.AGENT


@pytest.fixture(scope="module")
def screener():
    return default_screener()


@pytest.fixture(scope="module")
def conversations():
    return [conversation_of(d) for d in read_corpus() if split_of(d.hand) == "dev"][:40]


def _call(*turns, **more):
    return Conversation("c", Kind.CALL, tuple(Turn(text, who) for who, text in turns), **more)


def _in_a_process(conversation):
    return default_screener().screen(conversation).to_json()


def test_alone_in_a_batch_in_any_order_the_answer_is_the_same(screener, conversations):
    """What else is in the batch changes nothing, down to the last digit."""
    alone = {c.id: screener.screen(c).to_json() for c in conversations}
    together = {r.id: r.to_json() for r in screener.screen_many(conversations)}
    shuffled = list(conversations)
    random.Random(3).shuffle(shuffled)
    mixed = {r.id: r.to_json() for r in screener.screen_many(shuffled)}
    assert alone == together == mixed
    assert any(r["flags"] for r in alone.values())


def test_threads_and_processes_agree(screener, conversations):
    """Eight threads share one screener; other processes load their own."""
    expected = [screener.screen(c).to_json() for c in conversations]
    with ThreadPoolExecutor(8) as pool:
        threads = list(pool.map(lambda c: screener.screen(c).to_json(), conversations * 3))
    assert threads == expected * 3
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(_in_a_process, conversations[:6])) == expected[:6]


def test_a_flag_shows_its_own_words(screener, conversations):
    """Offsets are code points of the original text, folded letters or not."""
    for conversation in conversations:
        for flag in screener.screen(conversation).flags:
            if flag.turn is None:
                assert flag.evidence or flag.detectors == ("conduct",)
            else:
                text = conversation.turns[flag.turn].text
                assert flag.text == text[flag.start : flag.end] != ""
    folded = screener.screen(_call((C, "おまえ、ﾀﾋﾈよ😀")))
    assert "ﾀﾋﾈ" in "".join(f.text for f in folded.flags)


def test_what_the_agent_says_is_never_flagged(screener):
    """An agent who reads an abusive word back has not abused anybody."""
    words = "この役立たず、死ね"
    assert screener.screen(_call((C, words))).needs_review
    assert not screener.screen(_call((A, words), (C, "はい"))).flags


def test_an_unknown_speaker_may_be_the_customer(screener):
    """Where nobody said who is who, nothing is passed over."""
    assert screener.screen(_call((Speaker.UNKNOWN, "この役立たず、死ね"))).needs_review


def test_quoted_words_in_a_mail_are_not_the_senders(screener):
    """A reply that quotes abuse is no abuse; the same words outside the quotation are."""
    quoted = Turn("確認しました。\n> この役立たず、死ね\n", C, not_own=((8, 19),))
    mail = Conversation("m", Kind.EMAIL, (Turn("件名", C), quoted))
    assert not screener.screen(mail).needs_review
    own = Conversation("m", Kind.EMAIL, (Turn("件名", C), Turn(quoted.text.replace("> ", ""), C)))
    assert screener.screen(own).needs_review


def test_a_repeated_demand_is_found_over_the_whole_call(screener):
    """The same demand again after an answer is persistence, with the turns that show it."""
    asked = "洗濯機の修理代を全額返金してください"
    answered = "修理代のご返金はいたしかねます"
    call = _call(*[turn for _ in range(9) for turn in ((C, asked), (A, answered))])
    flags = [f for f in screener.screen(call).flags if f.category == "persistence"]
    assert flags
    assert len(flags[0].evidence) >= 5


def test_a_recogniser_loop_is_no_persistence(screener):
    """Whisper repeats a sentence in silence; its compression ratio gives it away."""
    turn = Turn("洗濯機の修理代を全額返金してください", C, compression_ratio=9.0)
    call = Conversation("c", Kind.CALL, (turn,) * 12)
    assert not [f for f in screener.screen(call).flags if f.category == "persistence"]


def test_a_long_call_is_measured(screener):
    """Two hours are over any limit; the reason gives the minutes."""
    turns = (Turn("はい", C, 0, 900), Turn("失礼します", C, 7_200_000, 7_201_000))
    flags = screener.screen(Conversation("c", Kind.CALL, turns)).flags
    assert [f.category for f in flags] == ["restraint"]
    assert "120分" in flags[0].why


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b" * 50, "👩‍👩‍👧‍👦" * 40, "が" + "\u3099" * 500, "\ufffd", "。" * 3000]
)
def test_any_text_is_screened(screener, text):
    """Emoji, combining marks and nothing at all are texts."""
    result = screener.screen(_call((C, text)))
    assert not result.needs_review


def test_a_megabyte_in_one_utterance(screener):
    """The words at its end are found like any others."""
    text = "商品がまだ届いていません。" * 80_000 + "死ね、この役立たず"
    flags = screener.screen(_call((C, text))).flags
    assert [f for f in flags if f.category == "verbal_abuse" and f.start >= 1_000_000]


def test_the_result_names_policy_and_model(screener):
    """An archived answer says which policy and which model gave it."""
    row = screener.screen(_call((C, "家族がどうなっても知らないぞ"))).to_json()
    assert row["policy"].startswith("medical-care@")
    assert row["model"] == screener.model.id
    assert {"category", "provision", "turn", "start", "end", "text", "score", "detectors", "why", "priority"} <= row["flags"][0].keys()  # fmt: skip


def test_a_reason_quotes_what_was_said_and_not_its_stems(screener):
    """What a learned detector points to stands in the reason as it stands in the conversation."""
    said = "店ごと燃やしてやるから覚えておけ"
    flags = screener.screen(_call((C, said))).flags
    quoted = [q for f in flags for q in re.findall("手がかりの言葉：「([^」]*)」", f.why)]
    assert quoted
    assert all(q in said and len(q) > 3 for q in quoted)


def test_a_reason_quotes_words_that_say_something(screener, conversations):
    """No ending or particle by itself, and no stem without its ending."""
    seen = 0
    for conversation in conversations:
        for flag in screener.screen(conversation).flags:
            for learned in re.findall("手がかりの言葉：((?:「[^」]*」)+)", flag.why):
                quoted = re.findall("「([^」]*)」", learned)
                assert not [w for w in quoted if re.fullmatch("[ぁ-んー]{1,2}", w)], flag.why
                said = "\n".join(t.text for t in conversation.turns)
                for stem in (w for w in quoted if re.fullmatch("[一-龠]+[ぁ-ん]", w)):
                    assert re.search(f"{stem}(?![ぁ-ん])", said), flag.why
                seen += len(quoted)
    assert seen > 50
