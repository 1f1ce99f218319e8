/** A person: their scores explained, how they came about, and what guests wrote. */

import { Problem } from '../api/client.js';
import { reportLink } from '../parts/action.js';
import { ratingText, tag } from '../parts/evening_line.js';
import { field, onSubmit } from '../parts/form.js';
import { linePlot, numberTable } from '../parts/plot.js';
import { formatDay, formatMonth } from '../parts/times.js';
import { Page, fold, html, words } from '../shell/page.js';

const say = words.person;

export default class extends Page {
  id = this.args[0];
  isMe = this.id === this.person.id;

  async refresh() {
    await super.refresh();
    const find = (list) => list.find(({ user_id: one }) => one === this.id);
    const follow = this.followed.includes(this.id);
    this.done = { follow, mute: find(this.mutes), block: find(this.blocks) };
    if (!this.title) throw new Problem(404, {});
  }

  get title() {
    return this.isMe ? this.person.name : this.rating.name || this.done.block?.name;
  }

  view() {
    return html`${this.head}
      ${this.isMe ? html`<a class="button" href="/data">${words.data.title}</a>` : this.#relations()}
      ${['host', 'guest'].map((role) => this.#role(role))}
      ${this.#counters()}
      ${this.reviews.length ? this.#reviews() : ''}`;
  }

  #relations() {
    return html`<p class="actions">
      <a class="button" href="/evenings?author_id=${this.id}">${say.evenings}</a>
      ${Object.entries(this.done).map(([what, isDone]) => this.actions.button(
        say[isDone ? `un${what}` : what], () => this.#set(what, !isDone)))}
      ${reportLink('person', this.id)}</p>
      ${say.help.map((text) => html`<p class="quiet">${text}</p>`)}`;
  }

  /** Following is UGC's. */
  #set(what, yes) {
    const address = what === 'follow' ? `/neighbours/ugc/followers/${this.id}/${this.person.id}`
      : `/api/v1/user/${this.id}/${what}`;
    return this.actions.run(() => yes ? this.api.put(address) : this.api.delete(address));
  }

  #role(role) {
    const { [`${role}Explained`]: explained, [`${role}Drift`]: drift } = this;
    const { rating, rating_count: count } = this.rating[role];
    return html`<section><h2>${say.roles[role]}: ${ratingText(rating, count)}</h2>
      ${count ? html`
        ${drift.months.length > 1 ? linePlot(say.drift, drift.months,
          ({ month }) => formatMonth(month), { rating: say.drift }, 1, 10) : ''}
        <details><summary>${say.explain}</summary>
          <p>${say.prior(explained.formula)}</p>
          ${numberTable(explained.votes, ({ given_at: at }) => formatDay(at), say.columns)}
        </details>` : ''}</section>`;
  }

  #counters() {
    return html`<dl>${Object.entries(say.counters).map(([name, text]) => html`
      <dt>${text}</dt><dd>${this.rating[name]}</dd>`)}</dl>`;
  }

  #reviews() {
    return html`<h2>${say.reviews}</h2>${this.reviews.map((one) => html`<blockquote>
      <p class="text">${one.text}</p>${fold(one.text)}
      <p class="facts">${one.writer_name ?? say.unsigned}, ${formatMonth(one.month)}
        ${one.tags.map((one) => tag(one))}
        ${this.isMe ? '' : reportLink('review', one.review_id)}</p>
      ${one.reply ? html`<p>${say.replied}: <span class="text">${one.reply}</span>${fold(one.reply)}</p>`
        : this.isMe ? this.#replyForm(one) : ''}</blockquote>`)}`;
  }

  #replyForm({ review_id: id }) {
    return html`<form @submit=${onSubmit((said) => this.actions.run(
        () => this.api.put(`/api/v1/rating/${id}/reply`, said)))}>
      ${field(say.reply, 'text', { required: true })}
      ${this.actions.submit(say.send)}</form>`;
  }
}
