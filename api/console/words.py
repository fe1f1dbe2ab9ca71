"""What a reviewer reads for what the record holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from screening.dashboard.figures import DETECTORS
from screening.days import JAPAN, day_of
from screening.policy import OutcomeKind, Policy
from screening.policy.kinds import GRAVITIES, Gravity
from screening.records import Kind, unquoted
from screening.report.incident import MAIL_PARTS
from screening.review import STATES, WITHDRAWN, FlagState
from screening.screener import LEARNED
from screening.store import FlagRow
from screening.veils import veiled

KINDS = {Kind.CALL.value: "通話", Kind.EMAIL.value: "メール"}
#: How grave the conduct is if a person finds it, said before anything of it is read.
DOTS = {Gravity.GRAVE: 3, Gravity.SERIOUS: 2, Gravity.ORDINARY: 1}
CHANNELS = {"phone": "電話", "chat": "チャット", "email": "メール", "counter": "窓口"}
#: Keys of the answers, criterion by criterion, and of the outcomes. Taken elsewhere: b c g j k n o p r u v and the full stop.
ANSWER_KEYS = ("1234567890", "qwetyi", "m")
OUTCOME_KEYS = "asdfhlzx"
#: In the place of clues most of which are quoted right below.
BESIDE = "手がかりは下の言葉"
_QUOTING = re.compile(LEARNED.format(words="((?:「[^」]*」)+)"))
#: A clue whose words are not shown.
_CLUE = unquoted(LEARNED.format(words="「」"))
#: How a detection comes to be a mistake: its name, and what the reason says of it.
CAUSES = (
    ("話者", "話者の取り違え"),
    ("意味", "意味の取り違え"),
    ("書き起こし", "書き起こしの誤り"),
    ("区分", "別の区分の言動"),
)


def moment(text: str | datetime | None) -> datetime | None:
    """A time of the record with its zone; a time without one is taken as UTC."""
    if text is None:
        return None
    at = datetime.fromisoformat(text) if isinstance(text, str) else text
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def when(text: str | datetime | None) -> str:
    """A time in Japan as people write it, or ``日時不明``."""
    at = moment(text)
    if at is None:
        return "日時不明"
    at = at.astimezone(JAPAN)
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"


def short(text: str | datetime | None, now: datetime) -> str:
    """``when`` without what goes without saying: the year of this year, the date of today."""
    at = moment(text)
    if at is None:
        return "日時不明"
    at = at.astimezone(JAPAN)
    return f"{brief_day(at.date(), now)} {at:%H:%M}"


def short_day(text: str) -> str:
    """A day of the record, or the day in Japan of a moment."""
    at = datetime.fromisoformat(text)
    if len(text) > 10:
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(JAPAN)
    return f"{at.year}年{at.month}月{at.day}日"


def brief_day(on: date, now: datetime) -> str:
    """A day in Japan without what goes without saying: the year of this year, the date of today."""
    today = day_of(now)
    if on == today:
        return "今日"
    year = "" if on.year == today.year else f"{on.year}年"
    return f"{year}{on.month}月{on.day}日"


def day(text: str) -> datetime:
    """The beginning of a day in Japan. Raises ValueError for what is no date."""
    return datetime.fromisoformat(text).replace(tzinfo=JAPAN)


def ago(waited: timedelta) -> str:
    minutes = max(0, int(waited.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes}分"
    hours = minutes // 60
    return f"{hours}時間" if hours < 48 else f"{hours // 24}日"


def detectors(names: tuple[str, ...]) -> list[str]:
    """The kinds of detector that saw something, each once."""
    return list(dict.fromkeys(DETECTORS.get(n.partition(":")[0], n) for n in names))


def category_name(policy: Policy, category: str) -> str:
    known = policy.categories.get(category)
    return known.name if known else category


def outcome_label(policy: Policy, outcome: str) -> str:
    if outcome == WITHDRAWN:
        return "決定の取り消し"
    known = policy.outcome(outcome)
    return known.label if known else outcome


def standing(policy: Policy, flag: FlagRow) -> str:
    """What was decided on a flag in the policy's words, or that it still waits."""
    known = policy.outcome(flag.outcome or "")
    if flag.state is FlagState.PROPOSED or known is None:
        return STATES[flag.state]
    return known.label


def clause(policy: Policy, number: str, *, beside: str = "") -> str:
    """A clause's number with its title, which alone says what it is about.

    Where the title stands ``beside`` it already, it is not said twice.
    """
    known = policy.basis.get(number)
    return f"{number} {known.title}" if known and known.title != beside else number


def duplicates(policy: Policy, outcome: str) -> bool:
    """Whether an outcome says that the flag repeats another one."""
    known = policy.outcome(outcome)
    return known is not None and known.kind is OutcomeKind.DUPLICATE


def place(flag: FlagRow) -> str:
    """Where in its conversation a flag stands."""
    return "会話全体" if flag.flag.turn is None else part(flag, flag.flag.turn)


def part(flag: FlagRow, turn: int) -> str:
    """A turn of a flag's conversation, of a mail the subject or the body, as people name it."""
    mail = flag.kind == Kind.EMAIL.value and turn < len(MAIL_PARTS)
    return MAIL_PARTS[turn] if mail else f"{turn + 1}番の発話"


def characters(start: int, end: int) -> str:
    """A range of a turn as people count it."""
    return f"{start + 1}〜{end}字目" if end - start > 1 else f"{end}字目"


def gravity(policy: Policy, category: str) -> tuple[str, int]:
    known = policy.categories.get(category)
    return (GRAVITIES[known.gravity], DOTS[known.gravity]) if known else ("不明", 0)


def reason(why: str, *, shown: bool, beside: str = "") -> str:
    """A flag's reason without the clause and the category, which stand beside it already, and without
    the customer's words unless they are ``shown``. Where most of the words that stand ``beside`` it led to
    the flag, they are not quoted once more."""
    said = why.partition("おそれ：")[2] or why
    if shown:
        return _pointing(said, beside)
    # Without the words that they quote, the reasons of neighbouring findings say the same.
    return "／".join(_fullest(veiled(said).split("／")))


def _pointing(said: str, beside: str) -> str:
    """What led to a flag, pointing at the words ``beside`` where it would quote more than half of them."""
    parts = said.split("／")
    learned = {part: match for part in parts if (match := _QUOTING.match(part))}
    quoted = [words for match in learned.values() for words in match[1][1:-1].split("」「")]
    whole = sum(map(len, quoted)) * 2 > len(beside) and all(words in beside for words in quoted)
    if not learned or not whole:
        return said
    told = _fullest(part[match.end() :] for part, match in learned.items())
    return "／".join([BESIDE + "".join(told), *(part for part in parts if part not in learned)])


def _fullest(parts: Iterable[str]) -> list[str]:
    """Each part once, and none that another one goes on from."""
    each = dict.fromkeys(parts)
    return [
        part
        for part in each
        if not any(more != part and more.startswith(part.removesuffix("）")) for more in each)
    ]


def parted(why: str) -> list[tuple[str, bool]]:
    """A reason cut into what it says and, True, what it says by the way, in brackets."""
    return [(part, part.startswith("（")) for part in re.split(r"(（[^（）]*）)", why) if part]


def gist(why: str, where: str) -> str:
    """A reason as a list shows it: without what is said by the way, and each thing once. Of words that are
    not shown it says ``where`` they are, and only where it says nothing else."""
    said = "".join(part for part, aside in parted(why) if not aside)
    parts = dict.fromkeys(said.split("／"))
    told = [part for part in parts if not part.endswith(_CLUE)]
    return "／".join(told) or f"{where}の言葉から"


def shortened(text: str, most: int) -> str:
    """At most so many characters, the last of them an ellipsis where some are left out."""
    return text if len(text) <= most else text[: most - 1] + "…"


def figure(value: float | None) -> str:
    """A number as a table shows it: as exact as it is worth reading, never with an exponent."""
    if value is None:
        return "―"
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
