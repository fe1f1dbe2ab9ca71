import pytest
from argon2 import PasswordHasher

from screening.policy import load_policy
from screening.records import Conversation, Flag, Kind, Priority, ScreeningResult, Speaker, Turn
from screening.review import Role
from screening.store import Store, people


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    """Hashing that takes a moment on purpose would be most of the time these tests take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64))
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """Every test of the record runs on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'record.db'}"
    return request.getfixturevalue("postgres").database()


@pytest.fixture
def store(url):
    opened = Store.open(url)
    yield opened
    opened.close()


@pytest.fixture
def reviewer(store):
    return store.people.add_person("確認 花子", "long enough 123", [Role.REVIEWER])


PASSWORD = "long enough 123"
PROPER = {"demand_validity": "no_demand", "means_acceptability": "unacceptable"}
HARASSMENT = {"answers": PROPER, "outcome": "harassment", "reason": "家族への害をほのめかした"}
HARMLESS = {
    "answers": {"demand_validity": "valid", "means_acceptability": "acceptable"},
    "outcome": "legitimate_complaint",
    "reason": "苦情として正当であり、口調も相当",
}


@pytest.fixture
def staff(store):
    """One person of each role, and two more reviewers."""
    names = {
        "reviewer": [Role.REVIEWER],
        "second": [Role.REVIEWER],
        "third": [Role.REVIEWER],
        "approver": [Role.APPROVER],
        "administrator": [Role.ADMINISTRATOR],
        "auditor": [Role.AUDITOR],
    }
    people = {name: store.people.add_person(name, PASSWORD, roles) for name, roles in names.items()}
    people["machine"] = store.people.person_for_key(store.people.add_api_key("k"))
    return people


@pytest.fixture(scope="session")
def policy():
    return load_policy()


@pytest.fixture
def make():
    return conversation_and_result


def conversation_and_result(
    number=1, *, text="家は知ってるぞ", categories=("threat",), model="m", review=True, **more
):
    """A call with one flag of each category on its second turn."""
    conversation = Conversation(
        f"c-{number}",
        Kind.CALL,
        (Turn("はい、窓口です", Speaker.AGENT), Turn(text, Speaker.CUSTOMER, 0, 900)),
        **more,
    )
    flags = tuple(
        Flag(
            category,
            "②-2",
            1,
            0,
            3,
            text[:3],
            0.9 - 0.01 * place,
            ("rule:x", "classifier"),
            "理由",
            Priority.URGENT if category == "threat" else Priority.NORMAL,
        )
        for place, category in enumerate(categories)
    )
    return conversation, ScreeningResult(
        conversation.id, review, "medical-care@1", model, {"threat": 0.9}, flags
    )
