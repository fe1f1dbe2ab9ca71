"""A case as people have set it right: what a report shows is what was decided on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..corrections import CorrectionKind
from ..policy import Policy
from ..store import Case, Corrected, FlagRow


def placed(flag: FlagRow, corrections: Iterable[Corrected]) -> tuple[int | None, int, int]:
    """The turn and range of a flag's words, as a person has set them right last."""
    found = flag.flag.turn, flag.flag.start, flag.flag.end
    for made in corrections:
        c = made.correction
        if c.kind is CorrectionKind.SPAN and c.flag_id == flag.id:
            found = c.turn, c.start or 0, c.end or 0
    return found


def set_right(case: Case, policy: Policy) -> Case:
    """``case`` with each flag under the category, clause and words that people gave it last."""
    return replace(case, flags=tuple(_set_right(f, case, policy) for f in case.flags))


def _set_right(row: FlagRow, case: Case, policy: Policy) -> FlagRow:
    flag = row.flag
    if row.named not in ("", flag.category):
        category = policy.categories.get(row.named)
        flag = replace(flag, category=row.named, provision=category.provision if category else "")
    turn, start, end = placed(row, case.corrections)
    if (turn, start, end) != (flag.turn, flag.start, flag.end):
        text = "" if turn is None else case.conversation.turns[turn].text[start:end]
        flag = replace(flag, turn=turn, start=start, end=end, text=text)
    return replace(row, flag=flag)
