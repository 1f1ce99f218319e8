"""A fresh world for every spec."""

import pytest

from tests.unit.command_api.domain.spec import Spec


@pytest.fixture
def spec() -> Spec:
    return Spec()
