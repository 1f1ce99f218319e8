/** An evening, as a guest sees it: its terms, and what they may do now. */

import { html, nothing } from '../vendor/lit-html.js';
import { Chat } from '../parts/chat.js';
import { filmName, placeOf, priceOf, ratingOf } from '../parts/evening_line.js';
import { HostPanel } from '../parts/host_panel.js';
import { Rate } from '../parts/rate.js';
import { reportLink } from '../parts/report_link.js';
import { saveFile } from '../parts/save_file.js';
import { formatMoment, formatSpan } from '../parts/times.js';
import { Page } from '../shell/page.js';
import { words } from '../words/index.js';

const INVOLVED = new Set(['requested', 'waitlisted', 'invited', 'offered', 'confirmed']);

export default class EveningPage extends Page {
  static needsPerson = true;

  get id() {
    return this.args[0];
  }

  async refresh() {
    this.evening = await this.api.get(`/api/v1/announcement/${this.id}`);
    if (this.isHost) await (this.host ??= new HostPanel(this)).refresh();
    const { my_booking_id: bookingId } = this.evening;
    this.booking = bookingId ? await this.api.get(`/api/v1/booking/${bookingId}`) : null;
    if (this.takesPart) await (this.chat ??= new Chat(this)).refresh();
    else this.chat = null;
    if (this.takesPart && this.evening.status === 'Done') {
      await (this.rate ??= new Rate(this)).refresh();
    }
    this.chances = !this.isHost && !this.isInvolved
      ? await this.api.get(`/api/v1/announcement/${this.id}/eligibility`) : null;
  }

  get isHost() {
    return this.evening.author_id === this.person.id;
  }

  /** Whether the booking still leads somewhere. */
  get isInvolved() {
    return INVOLVED.has(this.booking?.state);
  }

  /** Whether the person hosts the evening or comes to it. */
  get takesPart() {
    return this.isHost || this.booking?.state === 'confirmed';
  }

  begin() {
    this.follow((event) => this.#hear(event), this.id);
  }

  #hear({ name, data }) {
    if (name !== 'post') return this.renew();
    this.chat?.take(data);
    return this.redraw();
  }

  title() {
    return this.evening.title;
  }

  view() {
    const { evening } = this;
    return html`<article>
      <p class="quiet"><a href="/film/${evening.movie_id}">${filmName(evening)}</a></p>
      <h1>${evening.title}</h1>
      <p><span class="tag">${words.evening.status[evening.status]}</span>
        <span class="tag">${words.evening.visibility[evening.visibility]}</span>
        ${this.booking ? html`<span class="tag mine">${words.state[this.booking.state]}</span>`
          : nothing}</p>
      <p><a href="/person/${evening.author_id}">${words.evening.by(evening.author_name)}</a>,
        ${ratingOf(evening)}</p>
      ${this.#terms()}
      <p class="text">${evening.description}</p>
      ${evening.cancel_reason ? html`<blockquote>${evening.cancel_reason}</blockquote>` : nothing}
      ${this.actions.said}
      <section class="panel" aria-live="polite">${this.#whatNow()}</section>
      ${this.#guests()}
      ${this.rate?.view() ?? nothing}
      ${this.chat?.view() ?? nothing}
      <p class="actions">
        <a href="/api/v1/announcement/${this.id}/calendar.ics" @click=${(event) => this.#save(event)}>
          ${words.evening.calendar}</a>
        <a href="/evening/${this.id}/history">${words.history.title}</a>
        ${this.isHost ? nothing : reportLink('evening', this.id)}
      </p>
    </article>`;
  }

  #terms() {
    const { evening } = this;
    return html`<dl>
      <dt>${words.evening.when}</dt><dd>${formatSpan(evening.event_time, evening.ends_at)}</dd>
      <dt>${words.evening.where}</dt><dd>${placeOf(evening)}</dd>
      <dt>${words.evening.price}</dt><dd>${priceOf(evening)}</dd>
      <dt>${words.evening.seats}</dt>
      <dd data-role="seats">${words.evening.left(evening.tickets_left, evening.ticket_count)}</dd>
    </dl>`;
  }

  #whatNow() {
    if (this.isHost) return this.host.view();
    if (this.isInvolved) return this.#answer();
    return this.#askToCome();
  }

  #askToCome() {
    const { chances } = this;
    if (!chances.would_be_taken) return this.#explain();
    return html`
      <p>${chances.would_wait ? words.evening.youWouldWait : words.evening.youMayAsk}</p>
      <form @submit=${(event) => this.#ask(event)}>
        <input name="message" maxlength="1000" aria-label=${words.evening.message}
          placeholder=${words.evening.message}>
        <button class="primary" ?disabled=${this.actions.busy}>
          ${chances.would_wait ? words.evening.join : words.evening.ask}</button>
      </form>`;
  }

  #explain() {
    const { detail, overlaps, alternatives } = this.chances;
    return html`<p>${detail}</p>
      ${overlaps.length ? html`<p>${words.evening.overlaps}:
        ${overlaps.map((one) => html`<a href="/evening/${one.announcement_id}">${one.title}</a>,
          ${formatMoment(one.event_time)} `)}</p>` : nothing}
      ${alternatives.length ? html`<h2>${words.evening.others}</h2>
        <ul>${alternatives.map((one) => html`<li>
          <a href="/evening/${one.announcement_id}">${one.title}</a>,
          ${formatMoment(one.event_time)}</li>`)}</ul>` : nothing}`;
  }

  #ask(event) {
    event.preventDefault();
    const message = new FormData(event.target).get('message').trim();
    return this.actions.run(() =>
      this.api.post(`/api/v1/booking/${this.id}`, message ? { message } : undefined));
  }

  #answer() {
    const { state, hold_until: until, waitlist_position: place } = this.booking;
    const mayAccept = state === 'invited' || state === 'offered';
    return html`
      ${until ? html`<p>${words.evening.holdUntil(formatMoment(until))}</p>` : nothing}
      ${place ? html`<p data-role="place">${words.evening.inLine(place)}</p>` : nothing}
      <p class="actions">
        ${mayAccept ? html`<button class="primary" ?disabled=${this.actions.busy}
          @click=${() => this.#say(true)}>${words.evening.accept}</button>` : nothing}
        <button ?disabled=${this.actions.busy} @click=${() => this.#decline(mayAccept)}>
          ${mayAccept ? words.evening.decline : words.evening.leave}</button>
      </p>
      ${this.asksToLeave ? this.#confirmLeaving() : nothing}`;
  }

  #confirmLeaving() {
    return html`<p role="alert">${words.evening.leaveForSure}</p>
      <p class="actions">
        <button @click=${() => this.#decline(true)}>${words.common.yes}</button>
        <button @click=${() => this.#askToLeave(false)}>${words.common.no}</button></p>`;
  }

  #askToLeave(asks) {
    this.asksToLeave = asks;
    this.redraw();
  }

  /** Say no. Whoever only leaves is asked once more: the place may go to somebody else. */
  #decline(isSure) {
    if (!isSure) return this.#askToLeave(true);
    this.asksToLeave = false;
    return this.#say(false);
  }

  #say(yes) {
    return this.actions.run(() =>
      this.api.put(`/api/v1/announcement/${this.id}/booking/me`, { my_status: yes }));
  }

  /** A link cannot send a token, so the file is fetched and saved. */
  async #save(event) {
    event.preventDefault();
    const file = await this.api.get(`/api/v1/announcement/${this.id}/calendar.ics`);
    saveFile(`${this.evening.title}.ics`, 'text/calendar', file);
  }

  #guests() {
    const { guest_list: guests, guest_count: count } = this.evening;
    if (count === null) return html`<p class="quiet">${words.evening.guestsHidden}</p>`;
    return html`<h2>${words.evening.guests}: <span data-role="guests">${count}</span></h2>
      <ul class="people">${guests.map((guest) => html`<li><a href="/person/${guest.guest_id}">${guest.guest_name}</a>
        <span class="tag">${words.state[guest.state]}</span></li>`)}</ul>`;
  }
}
