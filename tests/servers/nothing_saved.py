"""A query process in which nobody has saved a question, for tests without PostgreSQL."""

from contracts.errors import NotFound
from query_api.analysts.asking import Asker
from query_api.analysts.saved_questions import SavedQuestion, SavedQuestions
from runtime.clickhouse.port import Analytics


class NothingSaved(SavedQuestions):
    def __init__(self) -> None:
        """Has no table."""

    async def list_all(self) -> list[SavedQuestion]:
        return []

    async def find(self, name: str) -> SavedQuestion:
        raise NotFound


def asker_of_ready_questions(analytics: Analytics) -> Asker:
    return Asker(analytics, NothingSaved())
