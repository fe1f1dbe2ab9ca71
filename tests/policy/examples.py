"""An invented policy of another trade: other categories, criteria, outcomes and roles."""

from pathlib import Path

from screening.policy import Policy, load_policy

HOTEL_FILE = Path(__file__).with_name("hotel.yaml")
HOTEL_TEXT = HOTEL_FILE.read_text("utf-8")


def hotel() -> Policy:
    return load_policy(HOTEL_FILE)
