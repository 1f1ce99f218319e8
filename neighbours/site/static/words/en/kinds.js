/** Kinds of notices. */

export default {
  announce_new: 'new evening',
  announce_put: 'evening changed',
  announce_delete: 'evening called off',
  announce_done: 'evening over',
  booking_new: 'request or invitation',
  booking_status: 'answer',
  booking_unanswered: 'no answer yet',
  host_message: 'word of the host',
  remind_day: 'a day before',
  remind_hour: 'an hour before',
  score_request: 'please rate',
  score_revealed: 'rating revealed',
  chat_digest: 'new in the chat',
  plan_match: 'fits your plan',
  operator_message: 'from the operators',
  erasure_requested: 'erasure asked for',
  erasure_confirmed: 'erasure confirmed',
  erasure_withdrawn: 'erasure taken back',
  text_hidden: 'text hidden',
  report_answered: 'report answered',
};
