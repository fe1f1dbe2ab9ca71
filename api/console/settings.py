"""What a site sets for its console; every value has a default that works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import Formatter
from urllib.parse import quote

from screening.errors import ScreeningError
from screening.policy import Policy, Reading

#: What a recording's address may be built from.
_PLACES = frozenset(["id", "key", "seconds", "milliseconds"])


@dataclass(frozen=True, slots=True)
class Settings:
    """``recording_url`` is a template such as ``https://rec.example/{id}?t={seconds}``.

    ``desk`` says whom to turn to in one line (a name, an extension), ``desk_url`` an address for it.
    ``break_minutes`` and ``break_words`` say when a break is suggested where the policy is not to
    (``screening.policy.Reading``); None leaves it to the policy.
    """

    recording_url: str = ""
    desk: str = ""
    desk_url: str = ""
    break_minutes: int | None = None
    break_words: int | None = None

    def __post_init__(self) -> None:
        for address in (self.recording_url, self.desk_url):
            if address and not address.startswith(("https://", "http://", "tel:", "mailto:")):
                raise ScreeningError(
                    f"アドレスは https:// か http:// で始めてください（{address}）"
                )
        named = {
            name for _, name, _, _ in Formatter().parse(self.recording_url) if name is not None
        }
        if named - _PLACES:
            raise ScreeningError(
                f"録音のアドレスで使えるのは {'、'.join(f'{{{p}}}' for p in sorted(_PLACES))} です"
            )

    def reading(self, policy: Policy) -> Reading:
        """When a break is suggested: the policy's word, unless the site has its own."""
        own = {"break_minutes": self.break_minutes, "break_words": self.break_words}
        return replace(policy.reading, **{k: v for k, v in own.items() if v is not None})

    def recording(self, external_id: str, key: str, milliseconds: int | None) -> str:
        """Where to listen to an utterance, or nothing without a template or a time."""
        if not self.recording_url or milliseconds is None:
            return ""
        return self.recording_url.format(
            id=quote(external_id, safe=""),
            key=key,
            seconds=milliseconds // 1000,
            milliseconds=milliseconds,
        )
