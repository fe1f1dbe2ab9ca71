"""A wrong policy file of each kind: what is said, and where, stands in ``wrong_files.txt``."""

from pathlib import Path

import pytest

from screening.errors import PolicyError
from screening.policy import check, load_policy

from .examples import HOTEL_TEXT

SNAPSHOT = Path(__file__).with_name("wrong_files.txt")

#: What is wrong: words of the hotel's policy, and what stands in their place.
WRONG = {
    "unknown top key": ("title: 宿泊", "titel: 宿泊"),
    "missing id": ("id: hotel\n", ""),
    "id with a space": ("id: hotel", "id: ho tel"),
    "impossible date": ("2026-04-01", "2026-02-30"),
    "date with words": ("2026-04-01", "来年から"),
    "ends before it begins": ("2028-03-31", "2025-03-31"),
    "two entries of one number": ("number: A-2", "number: A-1"),
    "category without provision": ("    provision: A-1\n    group: means\n", "    group: means\n"),
    "provision that is not there": (
        "    provision: A-1\n    group: means",
        "    provision: A-9\n    group: means",
    ),
    "unknown group": ("group: means", "group: mean"),
    "threshold over one": ("threshold: 0.4", "threshold: 1.4"),
    "threshold in words": ("threshold: 0.4", "threshold: high"),
    "unknown priority": ("priority: high", "priority: highest"),
    "unknown gravity": ("gravity: serious", "gravity: heavy"),
    "negative repeats": ("repeated_demands: 3", "repeated_demands: -3"),
    "unknown signal": ("repeated_demands: 3", "repeat_demands: 3"),
    "same category twice": ("id: discount_demand", "id: night_noise"),
    "empty summary": ("summary: 値引きを求めている。", "summary: ''"),
    "criterion with one answer": ("      - {id: gentle, label: 穏当}\n", ""),
    "answer id twice": ("id: rough", "id: gentle"),
    "unknown result": ("result: confirmed", "result: guilty"),
    "outcome without judges": ("result: confirmed, judges: true", "result: confirmed"),
    "conclusion of unknown outcome": ("  - outcome: misconduct", "  - outcome: misconducts"),
    "conclusion asks unknown criterion": ("- {manner: [gentle]}", "- {maner: [gentle]}"),
    "conclusion asks unknown answer": ("- {manner: [gentle]}", "- {manner: [gentl]}"),
    "conclusion without a reason": ("    otherwise: ふるまいが穏当なときに限ります。\n", ""),
    "confirming without any condition": (
        "    when:\n      - {reason: [absent, present], manner: [rough], warned: [done]}\n    otherwise: 注意した後も穏当でないときに限ります。\n",
        "",
    ),
    "care may be confirmed": (
        "    groups: [means, conditional]\n    provision: A-1\n    when:\n      - {reason",
        "    groups: [means, conditional, care]\n    provision: A-1\n    when:\n      - {reason",
    ),
    "response nobody may approve": ("approved_by: [manager]", "approved_by: []"),
    "response approved by unknown role": ("approved_by: [manager]", "approved_by: [manger]"),
    "owner who is no role": ("owner: manager", "owner: boss"),
    "approver who may not approve": ("approved_by: [manager]", "approved_by: [reviewer]"),
    "outside response before a finding": (
        "after: [misconduct, just_as_bad], gravities",
        "after: [look_after], gravities",
    ),
    "negative days": ("due_days: 1}", "due_days: -1}"),
    "retention missing": ("care_days: 30}", "car_days: 30}"),
    "case of unknown category": ("label: night_noise, score: 0.5", "label: nightnoise, score: 0.5"),
    "case with wrong end": ("open: [misconduct, look_after]", "open: [misconduct]"),
    "tab for indent": ("  - id: night_noise", "\t- id: night_noise"),
    "unclosed bracket": (
        "labels: [verbal_abuse, night_noise]",
        "labels: [verbal_abuse, night_noise",
    ),
    "key twice": ("title: 宿泊", "title: 宿\ntitle: 宿泊"),
    "anchor and alias": ("id: hotel", "id: &x hotel"),
    "kind of outcome missing": ("kind: harassment, ", ""),
    "unknown kind of outcome": ("kind: equivalent", "kind: equivalant"),
    "complaint that confirms": ("kind: harassment", "kind: complaint"),
    "route of what is no care": (
        "    gravity: serious\n    summary: 深夜",
        "    gravity: serious\n    route: look_after\n    summary: 深夜",
    ),
    "route to unknown outcome": ("route: look_after", "route: look_affter"),
    "route to a finding": ("route: look_after", "route: misconduct"),
    "detector for what a person raises": (
        "summary: 例にない迷惑で、受付が挙げたもの。",
        "summary: 例にない迷惑。\n    signals: {labels: [verbal_abuse]}",
    ),
    "what a person raises found as listed": (
        "  - outcome: misconduct\n    groups: [means, conditional]",
        "  - outcome: misconduct\n    groups: [means, conditional, unlisted]",
    ),
    "role that nobody holds": (", held_by: [approver]", ""),
    "role held by a machine": ("held_by: [approver]", "held_by: [machine]"),
    "outside before inside": ("requires: [rest], ", ""),
    "requires an unknown response": ("requires: [rest]", "requires: [rests]"),
    "requires what does not follow": (
        "after: [misconduct, just_as_bad, look_after]",
        "after: [misconduct, look_after]",
    ),
    "nothing inside after a finding": (
        "after: [misconduct, just_as_bad, look_after], owner",
        "after: [look_after], owner",
    ),
    "exemption that holds whatever is answered": (
        "本人は泥酔していない, covers: false",
        "本人は泥酔していない, covers: true",
    ),
    "exemption without meanwhile": ("  meanwhile: [rest]\n", ""),
    "exemption with an outside response meanwhile": ("meanwhile: [rest]", "meanwhile: [leave]"),
    "exemption that leaves a finding open": (
        "blocks: [misconduct, just_as_bad]",
        "blocks: [misconduct]",
    ),
    "exemption named like a criterion": ("id: intoxication", "id: manner"),
    "case that nothing raises": ("    category: other_trouble\n", ""),
    "case with wrong duties": (
        "    meanwhile: [rest]\n    outcome",
        "    meanwhile: []\n    outcome",
    ),
    "more earlier contacts than a case can show": (
        "care_days: 30}",
        "care_days: 30}\nreading: {earlier_contacts: 900}",
    ),
    "a break after no time at all": (
        "care_days: 30}",
        "care_days: 30}\nreading: {break_minutes: 0}",
    ),
    "words of a break in words": (
        "care_days: 30}",
        "care_days: 30}\nreading: {break_words: たくさん}",
    ),
    "unknown measure of reading": (
        "care_days: 30}",
        "care_days: 30}\nreading: {break_minute: 50}",
    ),
    "list instead of text": ("title: 宿泊のお客様についての方針", "title: [宿泊]"),
    "text instead of list": ("basis:\n", "basis: なし\nbasis2:\n"),
}


def _snapshot() -> dict[str, list[str]]:
    blocks = SNAPSHOT.read_text("utf-8").split("\n## ")
    return {
        name.removeprefix("## "): rest.splitlines()
        for name, _, rest in (block.strip("\n").partition("\n") for block in blocks)
    }


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(name, tmp_path):
    """The message names line and column, what was expected and the nearest valid name."""
    right, wrong = WRONG[name]
    assert HOTEL_TEXT.count(right) >= 1
    path = tmp_path / "policy.yaml"
    path.write_text(HOTEL_TEXT.replace(right, wrong, 1), encoding="utf-8")
    said = [line.replace(str(path), "policy.yaml") for line in check(path)]
    assert said == _snapshot()[name]
    assert all(line.startswith("policy.yaml:") for line in said)
    if not any("確認例" in line for line in said):
        with pytest.raises(PolicyError, match=r"policy\.yaml:"):
            load_policy(path)


def test_the_snapshot_holds_nothing_else():
    """A message that no test asks for would be a message that nobody checks."""
    assert set(_snapshot()) == set(WRONG)
    assert len(WRONG) >= 60


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path):
    """The path is in the message, and the shipped names where an id was meant."""
    with pytest.raises(PolicyError, match="nowhere"):
        load_policy(tmp_path / "nowhere.yaml")
    with pytest.raises(PolicyError, match="medical-care"):
        load_policy("medical")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    assert check(binary)[0].startswith(str(binary))
