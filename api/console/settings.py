"""What a site sets for its console; every value has a default that works."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from urllib.parse import quote

from screening.errors import ScreeningError
from screening.wellbeing import MINUTES, WORDS

#: What a recording's address may be built from.
_PLACES = frozenset(["id", "key", "seconds", "milliseconds"])


@dataclass(frozen=True, slots=True)
class Settings:
    """``recording_url`` is a template such as ``https://rec.example/{id}?t={seconds}``.

    ``desk`` says whom to turn to in one line (a name, an extension), ``desk_url`` an address for it.
    ``break_minutes`` and ``break_words`` are when a break is suggested: see ``screening.wellbeing``.
    """

    recording_url: str = ""
    desk: str = ""
    desk_url: str = ""
    break_minutes: int = MINUTES
    break_words: int = WORDS

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
