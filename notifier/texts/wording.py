"""Holds the wording of all notices, in both languages. `notifier.texts.render` renders it.

`{film}`, `{title}`, `{when}`, `{author}`, `{guest}`, `{hours}` and `{guests}` are filled in, and in
notices about a person's own data `{erase_at}`. A key of WORDINGS consists of the kind, what
happened, and who reads it; the last two may be absent.
"""

from typing import Final, NamedTuple

from contracts.values.languages import Text


class Wording(NamedTuple):
    title: Text
    text: Text


_EVENING_RU: Final = "«{title}» ({film}), {when}."
_EVENING_EN: Final = '"{title}" ({film}), {when}.'


def _wording(title_en: str, title_ru: str, text_en: str = "", text_ru: str = "") -> Wording:
    return Wording(
        Text(title_en, title_ru),
        Text(f"{text_en} {_EVENING_EN}".lstrip(), f"{text_ru} {_EVENING_RU}".lstrip()),
    )


WORDINGS: Final[dict[str, Wording]] = {
    "announce_new": _wording(
        "New film evening: {film}",
        "Новая встреча: {film}",
        "{author} invites everybody to watch a film together:",
        "{author} зовёт посмотреть кино вместе:",
    ),
    "announce_new.invited": _wording(
        "You are invited: {film}",
        "Вас приглашают: {film}",
        "{author} invites you to watch a film together:",
        "{author} приглашает вас посмотреть кино вместе:",
    ),
    "announce_put": _wording(
        "The evening has changed: {title}",
        "Встреча изменилась: {title}",
        "See below what has changed:",
        "Что изменилось, видно ниже:",
    ),
    "announce_delete": _wording(
        "Cancelled: {title}",
        "Встреча отменена: {title}",
        "The evening will not take place:",
        "Встреча не состоится:",
    ),
    "announce_done": _wording(
        "How was it? {film}",
        "Как всё прошло? {film}",
        "Your evening is over, {guests} came. Please rate them:",
        "Ваша встреча прошла, {guests}. Поставьте оценки:",
    ),
    "score_request": _wording(
        "Rate the evening: {film}",
        "Оцените встречу: {film}",
        "The evening is over. Please rate the host, {author}:",
        "Встреча прошла. Оцените организатора ({author}):",
    ),
    "score_request.again": _wording(
        "Three days left to rate: {film}",
        "Осталось три дня на оценку: {film}",
        "Ratings will be closed soon:",
        "Скоро оценить встречу будет нельзя:",
    ),
    "score_revealed.author": _wording(
        "Ratings are open: {guest}",
        "Оценки открыты: {guest}",
        "You and {guest} can now read what you said of each other:",
        "Вы и {guest} теперь видите, как оценили друг друга:",
    ),
    "score_revealed.guest": _wording(
        "Ratings are open: {author}",
        "Оценки открыты: {author}",
        "You and {author} can now read what you said of each other:",
        "Вы и {author} теперь видите, как оценили друг друга:",
    ),
    "chat_digest": _wording(
        "New messages: {title}",
        "Новые сообщения: {title}",
        "There are new messages in the chat of the evening",
        "В чате встречи новые сообщения:",
    ),
    "remind_day": _wording(
        "Soon: {film}",
        "Скоро: {film}",
        "The evening begins in {hours}:",
        "Встреча начнётся через {hours}:",
    ),
    "remind_hour": _wording(
        "Very soon: {film}",
        "Совсем скоро: {film}",
        "The evening begins in {hours}:",
        "Встреча начнётся через {hours}:",
    ),
    # A request or an invitation.
    "booking_new.requested.author": _wording(
        "{guest} wants to come",
        "{guest} хочет прийти",
        "{guest} asks to join your evening:",
        "Заявка на вашу встречу:",
    ),
    "booking_new.requested.guest": _wording(
        "Your request was sent",
        "Ваша заявка отправлена",
        "{author} will answer:",
        "Ответит {author}:",
    ),
    "booking_new.queued.author": _wording(
        "{guest} waits for a seat",
        "{guest} ждёт места",
        "{guest} has said yes and is on the waiting list; free seats are offered in turn:",
        "{guest} хочет прийти и стоит в очереди; свободные места предлагаются по порядку:",
    ),
    "booking_new.queued.guest": _wording(
        "You are on the waiting list",
        "Вы в очереди",
        "{author} has said yes: a free seat is offered to you in your turn:",
        "{author} ждёт вас: свободное место предложат вам, когда подойдёт очередь:",
    ),
    "booking_new.invited.author": _wording(
        "Invitation sent to {guest}",
        "Приглашение отправлено: {guest}",
        "You have invited {guest}:",
        "{guest} получит ваше приглашение:",
    ),
    "booking_new.invited.guest": _wording(
        "{author} invites you",
        "{author} приглашает вас",
        "Will you come?",
        "Придёте?",
    ),
    # Answers, and changes of mind.
    "booking_status.approved.author": _wording(
        "{guest} is coming",
        "{guest} придёт",
        "You have approved {guest}:",
        "Вы подтвердили участие: {guest}.",
    ),
    "booking_status.approved.guest": _wording(
        "You are in!",
        "Вы идёте!",
        "{author} has approved your request:",
        "{author} ждёт вас:",
    ),
    "booking_status.accepted.author": _wording(
        "{guest} is coming",
        "{guest} придёт",
        "{guest} has accepted:",
        "Гость согласен прийти:",
    ),
    "booking_status.accepted.guest": _wording(
        "You are in!",
        "Вы идёте!",
        "You have accepted; {author} expects you:",
        "Место за вами, {author} ждёт вас:",
    ),
    "booking_status.rejected.author": _wording(
        "You have said no to {guest}",
        "Вы отказали гостю: {guest}",
        "{guest} will not take part:",
        "{guest} не придёт:",
    ),
    "booking_status.rejected.guest": _wording(
        "{author} has said no",
        "Отказ: {title}",
        "You are not among the guests:",
        "Вас нет среди гостей:",
    ),
    "booking_status.revoked.author": _wording(
        "Invitation taken back: {guest}",
        "Приглашение отозвано: {guest}",
        "You have taken back the invitation of {guest}:",
        "Вы отозвали приглашение:",
    ),
    "booking_status.revoked.guest": _wording(
        "Invitation taken back",
        "Приглашение отозвано",
        "{author} has taken back the invitation:",
        "Организатор ({author}) отзывает приглашение:",
    ),
    "booking_status.seat_revoked.author": _wording(
        "Seat taken back: {guest}",
        "Место отозвано: {guest}",
        "You have taken back the seat that was held for {guest}:",
        "Вы отозвали место, которое было придержано:",
    ),
    "booking_status.seat_revoked.guest": _wording(
        "The seat held for you was taken back",
        "Придержанное для вас место отозвано",
        "{author} has taken back the seat that was held for you:",
        "Организатор ({author}) отзывает место, которое было придержано для вас:",
    ),
    "booking_status.declined.author": _wording(
        "{guest} is not coming",
        "{guest} не придёт",
        "{guest} has declined:",
        "{guest} не придёт на встречу:",
    ),
    "booking_status.declined.guest": _wording(
        "You have declined",
        "Вы отказались",
        "{author} will not expect you:",
        "{author} знает, что вы не придёте:",
    ),
    "booking_status.withdrawn.author": _wording(
        "{guest} has withdrawn the request",
        "Заявка отозвана: {guest}",
        "{guest} no longer asks to come:",
        "{guest} больше не просит места:",
    ),
    "booking_status.withdrawn.guest": _wording(
        "Your request was withdrawn",
        "Ваша заявка отозвана",
        "You no longer ask to come:",
        "Вы больше не просите места:",
    ),
    "booking_status.left.author": _wording(
        "{guest} is not coming",
        "{guest} не придёт",
        "{guest} has given the seat back:",
        "Освободилось место:",
    ),
    "booking_status.left.guest": _wording(
        "You are not coming",
        "Вы не идёте",
        "You have given your seat back:",
        "Вы освободили место:",
    ),
    # What the system decides.
    "booking_status.released.author": _wording(
        "{guest} is not coming",
        "{guest} не придёт",
        "A seat is free again:",
        "Место снова свободно:",
    ),
    "booking_status.released.guest": _wording(
        "Your booking was released",
        "Ваша бронь снята",
        "You are not among the guests:",
        "Вас нет среди гостей:",
    ),
    "booking_status.offered.guest": _wording(
        "A seat for you",
        "Для вас есть место",
        "A seat is free and held for you. Will you come?",
        "Освободилось место, оно придержано для вас. Придёте?",
    ),
    "booking_status.hold_lapsed.author": _wording(
        "No answer from {guest}",
        "Нет ответа: {guest}",
        "The seat held for {guest} is free again:",
        "Место больше не придержано и снова свободно:",
    ),
    "booking_status.hold_lapsed.guest": _wording(
        "The seat is no longer held",
        "Место больше не придержано",
        "You are still invited, as long as there are seats:",
        "Приглашение в силе, пока есть места:",
    ),
    "booking_status.hold_shortened.guest": _wording(
        "Please answer earlier: {title}",
        "Ответьте раньше: {title}",
        "The evening begins earlier, so your seat is held for a shorter time:",
        "Встреча начнётся раньше, поэтому место придержано на меньший срок:",
    ),
    "booking_status.resettled.guest": _wording(
        "You are in: nothing overlaps any more",
        "Вы идёте: пересечений больше нет",
        "You need not choose any more, your seat is yours:",
        "Выбирать больше не нужно, место за вами:",
    ),
    "booking_status.unsettled.guest": _wording(
        "The new time overlaps: please choose",
        "Две встречи пересеклись: выберите",
        "The evening was moved, and you have another one then. Your seat is held:",
        "Встречу перенесли, а у вас на это время есть другая. Место придержано для вас:",
    ),
    "booking_status.seat_freed.author": _wording(
        "A seat is free",
        "Освободилось место",
        "The waiting list is now a list of ordinary requests. Please choose:",
        "Все, кто был в очереди, теперь обычные заявки. Выберите:",
    ),
    # No answer.
    "booking_unanswered.closed.guest": _wording(
        "No answer so far: {title}",
        "Пока без ответа: {title}",
        "{author} takes no more requests. Yours has had no answer; if one comes, we will tell you:",
        "{author} больше не принимает заявки. На вашу ответа пока нет; если он будет, мы сообщим:",
    ),
    "booking_unanswered.begun.guest": _wording(
        "No seat for you: {title}",
        "Места не нашлось: {title}",
        "The evening has begun, and {author} has not confirmed you:",
        "Встреча началась, а участие вам так и не подтвердили (организатор — {author}):",
    ),
    "host_message": _wording(
        "Message from {author}: {title}",
        "{author} пишет гостям: {title}",
        "The host has written to the guests:",
        "Организатор пишет гостям:",
    ),
    "operator_message": Wording(
        Text("Message from the operators", "Сообщение администраторов"),
        Text("The operators of PRACTIX write to you:", "Вам пишут администраторы PRACTIX:"),
    ),
    # The person's own plans. Render adds a line for each evening.
    "plan_match": Wording(
        Text("Evenings for your plans", "Встречи по вашим планам"),
        Text(
            "These film evenings fit what you would like to see, when and where:",
            "Эти встречи подходят к тому, что, когда и где вы хотите посмотреть:",
        ),
    ),
    # The person's own data.
    "erasure_requested": Wording(
        Text("Erase your data?", "Удалить ваши данные?"),
        Text(
            "You asked us to erase your data. That happens only if you confirm it; beginning:"
            " {erase_at}. If it was not you, somebody else uses your account.",
            "Вы попросили удалить ваши данные. Это произойдёт, только если вы подтвердите"
            " просьбу; начало: {erase_at}. Если просили не вы, вашим входом пользуется кто-то ещё.",
        ),
    ),
    "erasure_requested.by_operator": Wording(
        Text("Erase your data?", "Удалить ваши данные?"),
        Text(
            "An operator asked us to erase your data. That happens only if it is confirmed;"
            " beginning: {erase_at}.",
            "Администратор попросил удалить ваши данные. Это произойдёт, только если просьбу"
            " подтвердят; начало: {erase_at}.",
        ),
    ),
    "erasure_confirmed": Wording(
        Text("Your data will be erased", "Ваши данные будут удалены"),
        Text(
            "Beginning: {erase_at}. Your evenings to come are then cancelled, and your seats"
            " are given back. Until then you can take it back. This is the last notice about it.",
            "Начало: {erase_at}. Тогда ваши будущие встречи отменятся, а ваши места освободятся."
            " До этого вы можете отозвать просьбу. Это последнее уведомление об этом.",
        ),
    ),
    "erasure_confirmed.by_operator": Wording(
        Text("Your data will be erased", "Ваши данные будут удалены"),
        Text(
            "An operator confirmed it. Beginning: {erase_at}. Your evenings to come are then"
            " cancelled, and your seats are given back. Until then you can take it back. This is"
            " the last notice about it.",
            "Удаление подтвердил администратор. Начало: {erase_at}. Тогда ваши будущие встречи"
            " отменятся, а ваши места освободятся. До этого вы можете отозвать просьбу. Это"
            " последнее уведомление об этом.",
        ),
    ),
    "erasure_withdrawn": Wording(
        Text("Your data stays", "Ваши данные останутся"),
        Text(
            "The request to erase your data was taken back. Nothing is erased.",
            "Просьба удалить ваши данные отозвана. Ничего не удаляется.",
        ),
    ),
    "text_hidden": Wording(
        Text("A text of yours was hidden", "Ваш текст скрыт"),
        Text(
            "An operator hid it: nobody is shown it any more. You may write another one.",
            "Администратор скрыл его: больше его никто не увидит. Вы можете написать другой.",
        ),
    ),
    "text_hidden.evening.guest": Wording(
        Text("The text of your evening was hidden", "Текст вашей встречи скрыт"),
        Text(
            "An operator hid title, description and place: nobody is shown them any more. You may"
            " write others.",
            "Администратор скрыл название, описание и место: их больше никому не показывают. Вы"
            " можете написать другие.",
        ),
    ),
    "text_hidden.review.guest": Wording(
        Text("Your review was hidden", "Ваш отзыв скрыт"),
        Text(
            "An operator hid its text and tags: nobody is shown them any more. The score counts.",
            "Администратор скрыл текст и метки: их больше никому не показывают. Оценка учтена.",
        ),
    ),
    "report_answered": Wording(
        Text("Your report was answered", "На вашу жалобу ответили"),
        Text("An operator has looked at it.", "Администратор рассмотрел её."),
    ),
}
