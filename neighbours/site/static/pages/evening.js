/** An evening, as a guest sees it: its terms, and what they may do now. */

import { ask, reportLink, saveFile } from '../parts/action.js';
import { Chat } from '../parts/chat.js';
import {
  OPEN, eveningLinks, filmName, guestList, isOver, placeOf, priceOf, ratingOf, stateOf, statusOf, tag,
} from '../parts/evening_line.js';
import { field, onSubmit } from '../parts/form.js';
import { HostPanel } from '../parts/host_panel.js';
import { Rate } from '../parts/rate.js';
import { formatMoment, formatSpan } from '../parts/times.js';
import { Page, fold, html, words } from '../shell/page.js';

const say = words.evening;

export default class extends Page {
  static title = words.menu.evenings;

  id = this.args[0];

  /** Two rounds: the evening says what else is to be read, and all of that is read at once. A host
   * is known to need the panel the next time. */
  async refresh() {
    const [evening] = await Promise.all([this.api.get(this.reads.evening), this.host?.refresh()]);
    const { my_booking_id: bookingId, my_state: state } = evening;
    this.isHost = evening.author_id === this.person.id;
    const takesPart = this.isHost || state === 'confirmed';
    const host = this.isHost ? this.host ?? new HostPanel(this) : null;
    const chat = takesPart && evening.status !== 'Created' ? this.chat ?? new Chat(this) : null;
    const rate = takesPart && evening.status === 'Done' ? this.rate ?? new Rate(this) : null;
    const [booking, chances] = await Promise.all([
      bookingId ? this.api.get(`/api/v1/booking/${bookingId}`) : null,
      this.isHost || OPEN.has(state) ? null : this.api.get(`${this.reads.evening}/eligibility`),
      this.host ? null : host?.refresh(),
      chat?.refresh(),
      rate?.refresh(evening),
    ]);
    Object.assign(this, { evening, booking, chances, host, chat, rate });
  }

  begin() {
    this.follow((event) => this.#hear(event), this.id);
  }

  #hear({ name, data }) {
    if (name === 'post') {
      this.chat?.hear(data);
      this.redraw();
    } else if (name !== 'notice') {
      if (this.chat) this.chat.isTold = name !== 'begun';
      this.renew();
    }
  }

  drawn() {
    this.chat?.drawn();
  }

  get title() {
    return this.evening.title;
  }

  view() {
    const { evening } = this;
    const whatNow = this.#whatNow();
    return html`<article>
      <p class="quiet"><a href="/film/${evening.movie_id}">${filmName(evening)}</a></p>
      <h1 class=${evening.title.length > 80 ? 'long' : ''}>${evening.title}</h1>
      <p>${tag(statusOf(evening))} ${tag(say.visibility[evening.visibility])}
        ${this.booking && tag(stateOf(this.booking.state, evening), 'mine')}</p>
      <p><a href="/person/${evening.author_id}">${say.by(evening.author_name)}</a>,
        ${ratingOf(evening)}</p>
      ${this.#terms()}
      <p class="text">${evening.description}</p>${fold(evening.description)}
      ${evening.cancel_reason && html`<blockquote>${evening.cancel_reason}</blockquote>`}
      ${this.actions.said}
      ${whatNow && html`<section class="panel" aria-live="polite" tabindex="-1">${whatNow}</section>`}
      ${this.isHost ? '' : this.#guests()}
      ${this.rate?.view()}
      ${this.chat?.view()}
      <p class="actions">
        ${this.actions.button(say.calendar, () => this.#save(), 'quiet')}
        <a href="/evening/${this.id}/history">${words.history.title}</a>
        ${this.isHost ? '' : reportLink('evening', this.id)}
      </p>
    </article>`;
  }

  #terms() {
    const { evening } = this;
    return html`<dl>
      <dt>${say.when}</dt><dd>${formatSpan(evening.event_time, evening.ends_at, evening.tz)}</dd>
      <dt>${say.where}</dt><dd>${placeOf(evening)}</dd>
      <dt>${say.price}</dt><dd>${priceOf(evening)}</dd>
      ${isOver(evening) ? '' : html`<dt>${say.seats}</dt>
        <dd data-role="seats">${say.left(evening.tickets_left, evening.ticket_count)}</dd>`}
    </dl>`;
  }

  #whatNow() {
    if (this.isHost) return this.host.view();
    if (OPEN.has(this.booking?.state)) return isOver(this.evening) ? '' : this.#answer();
    // A booking may end while it is read: then the stream tells of it.
    return this.chances && this.#askToCome();
  }

  #askToCome() {
    const { chances } = this;
    if (!chances.would_be_taken) return this.#explain();
    return html`
      <p>${chances.would_wait ? say.youWouldWait : say.youMayAsk}</p>
      <form @submit=${this.#ask}>
        ${field(say.message, 'message')}
        ${this.actions.submit(chances.would_wait ? say.join : say.ask, 'primary')}
      </form>`;
  }

  #explain() {
    const { detail, overlaps, alternatives } = this.chances;
    // What was just refused has been said, with what stands against it.
    const isSaid = detail === this.actions.refusal;
    if (isSaid && !alternatives.length) return '';
    return html`${isSaid ? '' : html`<p>${detail}</p>`}
      ${overlaps.length && !isSaid ? html`<p>${say.overlaps}:</p>${eveningLinks(overlaps)}` : ''}
      ${alternatives.length ? html`<h2>${say.others}</h2>${eveningLinks(alternatives)}` : ''}`;
  }

  #ask = onSubmit(({ message }) => this.actions.run(() =>
    this.api.post(`/api/v1/booking/${this.id}`, message.trim() ? { message } : undefined)));

  #answer() {
    const { state, hold_until: until, waitlist_position: place } = this.booking;
    const mayAccept = state === 'invited' || state === 'offered';
    return html`
      ${until && html`<p>${say.holdUntil(formatMoment(until, this.evening.tz))}</p>`}
      ${place && html`<p data-role="place">${say.inLine(place)}</p>`}
      <p class="actions">
        ${mayAccept ? html`
          ${this.actions.button(say.accept, () => this.#say(true), 'primary')}
          ${this.actions.button(say.decline, () => this.#say(false))}`
          : this.#leaveButton()}
      </p>`;
  }

  /** Ask once more before the place may go to somebody else. */
  #leaveButton() {
    const { leave, leaveForSure, withdraw } = say;
    const [text, question] = this.booking.state === 'confirmed' ? [leave, leaveForSure]
      : [withdraw, `${withdraw}?`];
    return this.actions.button(text, async () => await ask(question, this) && this.#say(false));
  }

  #say(yes) {
    return this.actions.run(() =>
      this.api.put(`${this.reads.evening}/booking/me`, { my_status: yes }));
  }

  /** A link cannot send a token, so the file is fetched and saved. */
  #save() {
    return this.actions.run(async () => {
      const file = await this.api.get(`${this.reads.evening}/calendar.ics`);
      saveFile(`${this.evening.title}.ics`, new Blob([file], { type: 'text/calendar' }));
    });
  }

  #guests() {
    const { guest_count: count } = this.evening;
    if (count === null) return html`<p class="quiet">${say.guestsHidden}</p>`;
    return html`<h2>${say.guests}: <span data-role="guests">${count}</span></h2>
      ${guestList(this.evening)}`;
  }
}
