/** The person's own evenings as a calendar, and the feeds that bring them into other calendars. */

import { html, nothing } from '../vendor/lit-html.js';
import { filmName, placeOf } from '../parts/evening_line.js';
import { field, readForm } from '../parts/form.js';
import { formatDay, formatTime } from '../parts/times.js';
import { Page } from '../shell/page.js';
import { words } from '../words/index.js';

const FEEDS = '/api/v1/schedule/feeds';

export default class MinePage extends Page {
  static needsPerson = true;

  async refresh() {
    [this.entries, this.feeds] = await Promise.all([
      this.api.list('/api/v1/schedule', { limit: 100 }),
      this.api.get(FEEDS),
    ]);
  }

  begin() {
    this.follow(({ name }) => name !== 'notice' && this.renew());
  }

  title() {
    return words.menu.mine;
  }

  view() {
    const now = new Date();
    const coming = this.entries.filter(({ announcement: one }) => new Date(one.ends_at) > now);
    const past = this.entries.filter((entry) => !coming.includes(entry)).reverse();
    return html`<h1>${words.menu.mine}</h1>
      ${this.actions.said}
      ${coming.length ? days(coming) : html`<p class="quiet">${words.common.nothing}</p>`}
      ${past.length ? html`<details><summary>${words.mine.past}</summary>${days(past)}</details>`
        : nothing}
      ${this.#feeds()}`;
  }

  #feeds() {
    const { busy } = this.actions;
    return html`<h2>${words.mine.feeds}</h2>
      <p class="quiet">${words.mine.feedsHelp}</p>
      <ul class="people">${this.feeds.map((feed) => html`<li>
        <span>${feed.name ?? words.mine.firstFeed}</span>
        <input readonly aria-label=${words.mine.address} .value=${new URL(feed.url, location.origin).href}>
        <button ?disabled=${busy} @click=${() => this.#revoke(feed)}>${words.mine.revoke}</button>
      </li>`)}</ul>
      <form @submit=${(event) => this.#make(event)}>
        ${field(words.mine.feedName, 'name', { maxlength: 100, required: true })}
        <button ?disabled=${busy}>${words.mine.make}</button></form>`;
  }

  #make(event) {
    event.preventDefault();
    return this.actions.run(() => this.api.post(FEEDS, readForm(event.target)));
  }

  #revoke({ feed_id: id }) {
    return this.actions.run(() => this.api.delete(`${FEEDS}/${id}`));
  }
}

/** Entries under the day on which they begin. */
function days(entries) {
  const byDay = Map.groupBy(entries, ({ announcement }) => formatDay(announcement.event_time));
  return [...byDay].map(([day, ofDay]) => html`<h2>${day}</h2>
    <ul class="evenings">${ofDay.map(entryLine)}</ul>`);
}

function entryLine({ announcement: one, role, state, cancelled, cancel_reason: reason,
  unread_posts: unread }) {
  return html`<li class="evening ${role}"><a href="/evening/${one.id}">
    <strong>${one.title}</strong><span class="film">${filmName(one)}</span>
    <time datetime=${one.event_time}>${formatTime(one.event_time)}–${formatTime(one.ends_at)}</time>
    <span>${placeOf(one)}</span>
    <span class="facts"><span class="tag mine">${words.state[state]}</span>
      ${cancelled ? html`<span class="tag">${words.evening.status.Cancelled}</span> ${reason ?? nothing}`
        : nothing}
      ${unread ? words.mine.unread(unread) : nothing}</span></a></li>`;
}
