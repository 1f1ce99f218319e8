import chat from './en/chat.js';
import evening from './en/evening.js';
import film from './en/film.js';
import films from './en/films.js';
import find from './en/find.js';
import first from './en/first.js';
import frame from './en/frame.js';
import history from './en/history.js';
import host from './en/host.js';
import invited from './en/invited.js';
import kinds from './en/kinds.js';
import mine from './en/mine.js';
import notices from './en/notices.js';
import person from './en/person.js';
import plan from './en/plan.js';
import rate from './en/rate.js';
import report from './en/report.js';

export default {
  ...frame,
  chat,
  evening,
  film,
  films,
  find,
  first,
  history,
  host,
  invited,
  kinds,
  mine,
  notices,
  person,
  plan,
  rate,
  report,
};
