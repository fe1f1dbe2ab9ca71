"""The chain of the audit log, without a database."""

from dataclasses import replace

import pytest

from screening.audit import START, Entry, Head, chain, pack, read_head, verify
from screening.errors import ScreeningError


def _log(count):
    entries, previous = [], START
    for seq in range(1, count + 1):
        said = {"seq": seq, "at": f"t{seq}", "actor": "p", "action": "look", "subject": "flag:1"}
        digest = chain(previous, detail=pack({"n": seq}), **said)
        entries.append(Entry(**said, detail={"n": seq}, previous=previous, hash=digest))
        previous = digest
    return entries


def test_a_whole_log_stands():
    """Nothing is found in an untouched log, and its head is its last entry."""
    log = _log(5)
    found = verify(log, Head(3, log[2].hash))
    assert found.ok
    assert found.head == Head(5, log[-1].hash)


@pytest.mark.parametrize("field", ["at", "actor", "action", "subject", "detail"])
def test_any_changed_field_is_found(field):
    """Whatever is altered, its number is named."""
    log = _log(5)
    log[2] = replace(log[2], **{field: {"n": 9} if field == "detail" else "x"})
    assert any(p.startswith("3番の内容") for p in verify(log).problems)


def test_a_removed_entry_is_found():
    """A gap is a problem, and so is one that was renumbered."""
    log = _log(5)
    assert not verify(log[:2] + log[3:]).ok
    assert not verify(log[:2] + [replace(e, seq=e.seq - 1) for e in log[3:]]).ok


def test_a_forged_tail_is_found_by_the_head():
    """A log that was rewritten from one place on is whole in itself, but not the one that was kept."""
    log = _log(5)
    forged = log[:3]
    said = {"seq": 4, "at": "t4", "actor": "q", "action": "look", "subject": "flag:1"}
    digest = chain(forged[-1].hash, detail=pack({}), **said)
    forged.append(Entry(**said, detail={}, previous=forged[-1].hash, hash=digest))
    assert verify(forged).ok
    assert any("控えと違います" in p for p in verify(forged, Head(4, log[3].hash)).problems)


def test_a_cut_off_tail_is_found_only_by_the_head():
    """What was cut leaves no trace in the log itself."""
    log = _log(5)
    assert verify(log[:3]).ok
    assert any("切れて" in p for p in verify(log[:3], Head(5, log[4].hash)).problems)


def test_a_head_is_read_as_it_was_written():
    """And nothing else is taken for one."""
    head = Head(12, "ab" * 32)
    assert read_head(f"{head}\n") == head
    with pytest.raises(ScreeningError, match="控え"):
        read_head("12")
