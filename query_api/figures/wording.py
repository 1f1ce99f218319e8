"""Says in a host's words what a figure shows. The ready questions speak to analysts."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from contracts.values.languages import Text


class FigureWording(NamedTuple):
    title: Text
    description: Text
    columns: Mapping[str, Text]
    """The columns that are drawn. Others of the question say nothing new to a single host."""
    labels: Mapping[str, Text] = {}
    """Names of values of the first axis, unless they are times or numbers."""


WORDINGS: Final[Mapping[str, FigureWording]] = {
    "request_funnel": FigureWording(
        Text("From request to seat", "От заявки до места"),
        Text(
            "Requests by day: how many there were, how many of them you answered, and how many"
            " got a seat.",
            "Заявки по дням: сколько их было, на сколько вы ответили и сколько получили место.",
        ),
        {
            "requests": Text("requests", "заявки"),
            "answered": Text("answered", "с ответом"),
            "seated": Text("got a seat", "получили место"),
        },
    ),
    "host_response_time": FigureWording(
        Text("How soon you answer", "Как скоро вы отвечаете"),
        Text(
            "Minutes from a request to your answer, by the day of the request. Requests without an"
            " answer are left out.",
            "Минуты от заявки до вашего ответа, по дням заявок. Заявки без ответа не учтены.",
        ),
        {
            "median_min": Text("half of them within", "половина не дольше"),
            "p90_min": Text("nine of ten within", "девять из десяти не дольше"),
        },
    ),
    "cancellations": FigureWording(
        Text("Cancellations", "Отказы и отмены"),
        Text(
            "How long before the start guests gave their seats back, and you cancelled evenings.",
            "За сколько до начала гости отказывались от мест, а вы отменяли встречи.",
        ),
        {
            "seats_given_back": Text("seats given back", "отказы от места"),
            "evenings_cancelled": Text("evenings cancelled", "отменённые встречи"),
        },
        {
            "after it began": Text("after it began", "после начала"),
            "under 2 h": Text("under 2 h", "меньше 2 ч"),
            "2-6 h": Text("2–6 h", "2–6 ч"),
            "6-24 h": Text("6–24 h", "6–24 ч"),
            "1-3 days": Text("1–3 days", "1–3 дня"),
            "3-7 days": Text("3–7 days", "3–7 дней"),
            "over 7 days": Text("over 7 days", "больше 7 дней"),
        },
    ),
    "repeat_guests": FigureWording(
        Text("Guests who come again", "Гости, которые приходят снова"),
        Text(
            "How many guests had a seat at one of your evenings, how many at two, and so on."
            " 10 means 10 or more.",
            "Сколько гостей было на одной вашей встрече, сколько на двух и так далее."
            " 10 значит 10 и больше.",
        ),
        {"guests": Text("guests", "гости")},
    ),
    "fill_curve": FigureWording(
        Text("How evenings fill", "Как заполняются встречи"),
        Text(
            "How many per cent of the seats are taken so many days before the start. Only evenings"
            " that have begun count. 14 means 14 or more.",
            "Сколько процентов мест занято за столько дней до начала. Учтены встречи, которые уже"
            " начались. 14 значит 14 и больше.",
        ),
        {"filled_percent": Text("seats taken, %", "занято мест, %")},
    ),
    "no_shows": FigureWording(
        Text("Guests who did not come", "Гости, которые не пришли"),
        Text(
            "Guests whom you rated, by month, and how many of them did not come. A rating counts"
            " once it is revealed.",
            "Гости, которых вы оценили, по месяцам, и сколько из них не пришли. Оценка учтена,"
            " когда она открыта.",
        ),
        {
            "rated_guests": Text("rated", "оценены"),
            "no_shows": Text("did not come", "не пришли"),
        },
    ),
}
"""By the name of the question."""
