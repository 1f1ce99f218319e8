import chat from './ru/chat.js';
import evening from './ru/evening.js';
import film from './ru/film.js';
import films from './ru/films.js';
import find from './ru/find.js';
import first from './ru/first.js';
import frame from './ru/frame.js';
import history from './ru/history.js';
import host from './ru/host.js';
import invited from './ru/invited.js';
import kinds from './ru/kinds.js';
import mine from './ru/mine.js';
import notices from './ru/notices.js';
import person from './ru/person.js';
import plan from './ru/plan.js';
import rate from './ru/rate.js';
import report from './ru/report.js';

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
