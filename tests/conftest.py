"""Settings of the whole suite."""

from hypothesis import settings

# The first call of a compiled function takes seconds: an example's time says nothing here.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
