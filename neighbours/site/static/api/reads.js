/** What each page reads first. An answer becomes a property of the page, under the same name. */

import { monthOf } from '../parts/days.js';

const LIMIT = 100;
const EVENINGS = '/api/v1/announcements';
const FILMS = '/neighbours/movies';
const SCHEDULE = '/api/v1/schedule';

/** The address of a read. What has no value is left out; an empty text is one. */
export function addressOf(path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) =>
    value !== undefined && value !== null));
  return query.size ? `${path}${path.includes('?') ? '&' : '?'}${query}` : path;
}

/** Addresses by name, or what is false. `page` is the module of the page, `id` what its address names,
 * `me` the id of the person. */
export function readsOf(page, id, query, me, evenings) {
  const { from, days } = monthOf(query, evenings);
  // These say by themselves which states evenings have.
  const isOfSome = query.has('status') || query.has('mine');
  const wanted = { takes_requests: isOfSome ? null : true, ...Object.fromEntries(query), limit: 20 };
  const evening = `/api/v1/announcement/${id}`;
  const user = `/api/v1/user/${id}`;
  const film = query.get('movie_id');
  return {
    announce: { film: film && `${FILMS}/${film}`, plans: '/api/v1/plan' },
    change: { evening },
    data: { erasure: '/api/v1/my/erasure' },
    evening: { evening },
    evenings: {
      found: addressOf(EVENINGS, wanted),
      ofMonth: addressOf(EVENINGS, { ...wanted, ...days, limit: LIMIT }),
      films: FILMS,
    },
    figures: { counted: '/api/v1/my/figures' },
    film: { film: `${FILMS}/${id}`, together: `/api/v1/film/${id}/together` },
    films: { films: FILMS, some: me && `${EVENINGS}?limit=1` },
    history: { evening, entries: `/api/v1/history/announcement/${id}?limit=${LIMIT}` },
    mine: {
      entries: addressOf(SCHEDULE, { date_from: from, date_to: query.get('date_to'), limit: LIMIT }),
      ofMonth: addressOf(SCHEDULE, { ...days, limit: LIMIT }),
      feeds: `${SCHEDULE}/feeds`,
    },
    notices: {
      lines: `/api/v1/notifications?limit=${LIMIT}`,
      texts: `/neighbours/notification/inbox/${me}`,
    },
    person: {
      rating: `${user}/rating`,
      reviews: `${user}/reviews`,
      mutes: '/api/v1/mutes',
      blocks: '/api/v1/blocks',
      followed: `/neighbours/ugc/following/${me}`,
      hostExplained: `${user}/rating/explain?role=host`,
      hostDrift: `${user}/rating/drift?role=host`,
      guestExplained: `${user}/rating/explain?role=guest`,
      guestDrift: `${user}/rating/drift?role=guest`,
    },
    plan: { films: FILMS, plans: '/api/v1/plan', free: '/api/v1/free-times' },
    preferences: { now: '/api/v1/preferences' },
  }[page] ?? {};
}
