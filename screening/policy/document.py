"""The schema of a policy file: closed sets only, every field with the title its readers know it by.

Only shape is checked here; whether names refer to something that exists is ``references``' business.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError


def _as_date(value: object) -> object:
    """Dates arrive as text, so that an impossible one still has a place in the file."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif value is None:
        return None
    raise PydanticCustomError("calendar_date", "not a date")


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
CaseName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
Day = Annotated[date, BeforeValidator(_as_date)]
Fraction = Annotated[float, Field(ge=0, le=1)]
GroupName = Literal["means", "conditional", "content", "care", "unlisted"]
KindName = Literal[
    "harassment", "equivalent", "complaint", "consultation", "care", "staff", "error", "duplicate"
]
GravityName = Literal["grave", "serious", "ordinary"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ClausePart(_Part):
    number: Number = Field(title="条項番号")
    title: Text = Field(title="見出し")
    text: Text = Field(title="内容")
    place: Text | None = Field(None, title="もとの文書での場所")
    published: bool = Field(True, title="公表した方針の条項か")
    applied: bool = Field(True, title="判断や対応に使う条項か")


class SignalsPart(_Part):
    labels: list[Identifier] | None = Field(None, title="検出器のラベル")
    call_minutes: float | None = Field(None, title="通話の分数", gt=0, le=1440)
    contacts: int | None = Field(None, title="連絡の回数", ge=2, le=1000)
    contact_days: float | None = Field(None, title="回数を数える日数", gt=0, le=366)
    repeated_demands: int | None = Field(None, title="同じ要求の回数", ge=2, le=100)


class CategoryPart(_Part):
    id: Identifier = Field(title="識別子")
    name: Text = Field(title="名称")
    provision: Number = Field(title="条項")
    group: GroupName = Field(title="群")
    threshold: Fraction = Field(title="しきい値")
    priority: Literal["urgent", "high", "normal"] = Field(title="優先度")
    gravity: GravityName = Field(title="悪質さ")
    summary: Text = Field(title="確認者への説明")
    opens_review: bool = Field(True, title="この区分だけで確認に回すか")
    route: Identifier | None = Field(None, title="確認の列を離れて進む先の結論")
    signals: SignalsPart = Field(SignalsPart.model_construct(), title="手がかり")


class AnswerPart(_Part):
    id: Identifier = Field(title="識別子")
    label: Text = Field(title="表示")
    settles: bool = Field(True, title="判断が定まる答えか")
    sentence: bool = Field(False, title="表示だけで文になるか")


class CriterionPart(_Part):
    id: Identifier = Field(title="識別子")
    title: Text = Field(title="名称")
    question: Text = Field(title="質問")
    provision: Number = Field(title="条項")
    answers: list[AnswerPart] = Field(title="答え", min_length=2)
    subject: Text | None = Field(None, title="理由の下書きで、答えの前に置く言葉")
    of_demand: bool = Field(False, title="要求の中身を問うか")


class OutcomePart(_Part):
    id: Identifier = Field(title="識別子")
    label: Text = Field(title="表示")
    provision: Number = Field(title="条項")
    kind: KindName = Field(title="結論の種類")
    result: Literal["confirmed", "dismissed", "on_hold"] = Field(title="確認後の状態")
    judges: bool = Field(title="言動を判断する結論か")


class RulePart(_Part):
    outcome: Identifier = Field(title="結論")
    groups: list[GroupName] = Field(default_factory=list, title="対象の群")
    categories: list[Identifier] = Field(default_factory=list, title="対象の区分")
    provision: Number = Field(title="条項")
    when: list[dict[Identifier, list[Identifier]]] = Field(default_factory=list, title="条件")
    otherwise: Text | None = Field(None, title="条件を満たさないときの説明")


class ExemptAnswerPart(_Part):
    id: Identifier = Field(title="識別子")
    label: Text = Field(title="表示")
    covers: bool = Field(title="例外に当たる答えか")


class ExemptionPart(_Part):
    id: Identifier = Field("illness", title="質問の識別子")
    provision: Number = Field(title="条項")
    question: Text = Field(title="質問")
    answers: list[ExemptAnswerPart] = Field(title="答え", min_length=2)
    signals: list[Identifier] = Field(title="疑いを示す区分")
    blocks: list[Identifier] = Field(title="協議まで選べない結論", min_length=1)
    consult: list[Text] = Field(title="協議の相手", min_length=1)
    meanwhile: list[Identifier] = Field(title="協議の間も必要な対応", min_length=1)
    reason: Text = Field(title="理由")


class RolePart(_Part):
    id: Identifier = Field(title="識別子")
    label: Text = Field(title="表示")
    may: list[Literal["decide", "approve"]] = Field(default_factory=list, title="権限")
    held_by: list[Literal["reviewer", "approver", "administrator"]] | None = Field(
        None, title="この役割を担う利用者の役割", min_length=1
    )


class ResponsePart(_Part):
    id: Identifier = Field(title="識別子")
    title: Text = Field(title="名称")
    side: Literal["internal", "external"] = Field(title="社内・社外")
    order: int = Field(title="順序", ge=1, le=99)
    provision: Number = Field(title="条項")
    after: list[Identifier] = Field(title="どの結論の後か", min_length=1)
    gravities: list[GravityName] | None = Field(
        None, title="対象の悪質さ（なければ全て）", min_length=1
    )
    categories: list[Identifier] | None = Field(
        None, title="対象の区分（なければ全て）", min_length=1
    )
    owner: Identifier = Field(title="担当の役割")
    approved_by: list[Identifier] = Field(default_factory=list, title="承認できる役割")
    second_person: bool = Field(False, title="判断者と別の人の承認が要るか")
    requires: list[Identifier] = Field(default_factory=list, title="先に記録を要する対応")
    due_days: int = Field(title="期限の日数", ge=0, le=366)


class RetentionPart(_Part):
    undecided_days: int = Field(title="未確認の保存日数", ge=1, le=36500)
    dismissed_days: int = Field(title="該当しない記録の保存日数", ge=1, le=36500)
    confirmed_days: int = Field(title="確認した記録の保存日数", ge=1, le=36500)
    care_days: int = Field(title="配慮の記録の保存日数", ge=1, le=36500)


class ReadingPart(_Part):
    earlier_contacts: int | None = Field(None, title="見せるほかの連絡の件数", ge=0, le=200)
    earlier_days: int | None = Field(None, title="ほかの連絡を見せる日数", ge=1, le=36500)
    break_minutes: int | None = Field(None, title="休憩を勧める分数", ge=5, le=480)
    break_words: int | None = Field(None, title="休憩を勧める言葉の件数", ge=1, le=10000)
    rest_minutes: int | None = Field(None, title="休憩とみなす分数", ge=1, le=120)


class FindingPart(_Part):
    label: Identifier = Field(title="検出器のラベル")
    score: Fraction = Field(title="確からしさ")


class CasePart(_Part):
    id: CaseName = Field(title="識別子")
    title: Text = Field(title="内容")
    clauses: list[Number] = Field(title="確かめる条項", min_length=1)
    findings: list[FindingPart] = Field(default_factory=list, title="検出")
    flags: list[Identifier] | None = Field(None, title="候補になる区分")
    category: Identifier | None = Field(None, title="判断する区分")
    answers: dict[Identifier, Identifier] = Field(default_factory=dict, title="答え")
    illness_suspected: bool = Field(False, title="病態の疑い")
    illness_consulted: bool = Field(False, title="協議の記録")
    open: list[Identifier] = Field(title="選べる結論")
    meanwhile: list[Identifier] | None = Field(None, title="結論の前から必要な対応")
    outcome: Identifier | None = Field(None, title="選んだ結論")
    responses: list[Identifier] = Field(default_factory=list, title="取るべき・取れる対応")


class Document(_Part):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")] = Field(title="識別子")
    title: Text = Field(title="名称")
    effective_from: Day = Field(title="適用開始日")
    effective_until: Day | None = Field(None, title="適用終了日")
    basis: list[ClausePart] = Field(title="根拠の条項", min_length=1)
    categories: list[CategoryPart] = Field(title="区分", min_length=1)
    criteria: list[CriterionPart] = Field(title="判断基準", min_length=1)
    outcomes: list[OutcomePart] = Field(title="結論", min_length=1)
    conclusions: list[RulePart] = Field(title="結論の条件", min_length=1)
    illness: ExemptionPart | None = Field(None, title="病態の例外")
    roles: list[RolePart] = Field(title="役割", min_length=1)
    responses: list[ResponsePart] = Field(title="対応", min_length=1)
    retention: RetentionPart = Field(title="保存期間")
    reading: ReadingPart = Field(ReadingPart.model_construct(), title="確認者が読むもの")
    cases: list[CasePart] = Field(default_factory=list, title="確認例")
