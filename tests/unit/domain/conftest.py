"""A fresh world for every spec."""

import pytest

from tests.unit.domain.spec import Spec


@pytest.fixture
def spec() -> Spec:
    return Spec()
