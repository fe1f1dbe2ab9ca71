"""Settings of the whole suite."""

import pytest
from hypothesis import settings

from .postgres import start

# The first call of a compiled function takes seconds: an example's time says nothing here.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def postgres():
    """A real PostgreSQL; ``postgres.database()`` makes an empty database in it."""
    server = start()
    yield server
    server.stop()
