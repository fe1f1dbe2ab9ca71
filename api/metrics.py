"""What is counted, for Prometheus. Labels are fixed words only, never words of a conversation."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from screening.records import Conversation, ScreeningResult


class Metrics:
    """One registry an app, so that tests and workers do not count into each other."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "screening_request_seconds",
            "Seconds to answer a request, by route, method and status",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.screenings = Counter(
            "screening_conversations",
            "Conversations screened, by kind and whether a person should look",
            ("kind", "needs_review"),
            registry=self.registry,
        )
        self.flags = Counter(
            "screening_flags", "Flags proposed, by category", ("category",), registry=self.registry
        )
        self.decisions = Counter(
            "screening_decisions",
            "Decisions taken, by outcome",
            ("outcome",),
            registry=self.registry,
        )

    def screened(self, conversation: Conversation, result: ScreeningResult) -> None:
        review = "yes" if result.needs_review else "no"
        self.screenings.labels(str(conversation.kind), review).inc()
        for flag in result.flags:
            self.flags.labels(flag.category).inc()
