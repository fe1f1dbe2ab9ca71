"""What a test needs that pip does not bring."""

import os
from typing import NoReturn

import pytest


def missing(package: str) -> NoReturn:
    """Skips the test on a machine without a Debian package; in CI, which installs it, fails it.

    Somebody who changes a rule or a page should be able to run the suite with Python alone.
    """
    said = f"needs the Debian package {package}: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(f"{said}; .ci/run does")
    pytest.skip(said)
