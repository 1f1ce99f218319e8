/** Виды уведомлений. */

export default {
  announce_new: 'новый вечер',
  announce_put: 'вечер изменён',
  announce_delete: 'вечер отменён',
  announce_done: 'вечер прошёл',
  booking_new: 'заявка или приглашение',
  booking_status: 'ответ',
  booking_unanswered: 'ответа ещё нет',
  host_message: 'слово хозяина',
  remind_day: 'за день',
  remind_hour: 'за час',
  score_request: 'просьба оценить',
  score_revealed: 'оценка открыта',
  chat_digest: 'новое в чате',
  plan_match: 'подходит к вашему плану',
  operator_message: 'от операторов',
  erasure_requested: 'просьба об удалении',
  erasure_confirmed: 'удаление подтверждено',
  erasure_withdrawn: 'удаление отменено',
  text_hidden: 'текст скрыт',
  report_answered: 'ответ на жалобу',
};
