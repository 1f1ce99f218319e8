/** The person’s own evenings, and the feeds that bring them into calendars. */

import { ask } from '../parts/action.js';
import { eveningLine } from '../parts/evening_line.js';
import { field, onSubmit } from '../parts/form.js';
import { monthCalendar, turnCalendar } from '../parts/month_calendar.js';
import { Page, html, words } from '../shell/page.js';

const say = words.mine;

export default class extends Page {
  static title = words.menu.mine;

  async refresh() {
    await super.refresh();
    await turnCalendar(this, 'mine', this.entries.map(({ announcement }) => announcement));
  }

  begin() {
    this.follow(({ name }) => name !== 'notice' && this.renew());
  }

  view() {
    return html`${this.head}
      <div class="beside">
        <div>${this.#calendar()}
          <p class="actions"><a class="button" href="/figures">${words.figures.title}</a></p></div>
        ${this.entries.length ? html`<ul class="evenings">${this.entries.map(entryLine)}</ul>`
          : html`<p class="quiet">${say.none} <a href="/evenings">${say.find}</a></p>`}
      </div>
      ${this.#feeds()}`;
  }

  #calendar() {
    const evenings = this.ofMonth.map(({ announcement }) => announcement);
    return html`${monthCalendar(this.month, evenings, this.query,
      (from, to) => this.go(from ? `/mine?date_from=${from}&date_to=${to}` : '/mine'))}
      ${this.query.size ? html`<p><a href="/mine">${say.coming}</a></p>` : ''}`;
  }

  #feeds() {
    return html`<h2>${say.feeds}</h2>
      <p class="quiet">${say.feedsHelp}</p>
      <ul class="people">${this.feeds.map((feed) => html`<li>
        <span>${feed.name ?? say.firstFeed}</span>
        <input readonly aria-label=${say.address} .value=${new URL(feed.url, location.origin).href}>
        ${this.actions.button(words.common.revoke, () => this.#revoke(feed))}
      </li>`)}</ul>
      <form @submit=${this.#make}>
        ${field(say.feedName, 'name', { required: true })}
        ${this.actions.submit(say.make)}</form>`;
  }

  #make = onSubmit((said) => this.actions.run(() => this.api.post(this.reads.feeds, said)));

  async #revoke({ feed_id: id }) {
    if (!await ask(words.common.revokeForSure, this)) return;
    await this.actions.run(() => this.api.delete(`${this.reads.feeds}/${id}`));
  }
}

function entryLine({ announcement, state, cancel_reason: reason, unread_posts: unread }) {
  return eveningLine({ ...announcement, my_state: state },
    [reason, unread && say.unread(unread)]);
}
