"""Gives every test of a decision a spec without a history."""

import pytest

from tests.unit.command_api.domain.spec import Spec


@pytest.fixture
def spec() -> Spec:
    return Spec()
