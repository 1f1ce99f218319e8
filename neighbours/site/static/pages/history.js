/** What has happened to an evening, and how it stood at any of these moments. */

import { guestList, placeOf, statusOf, tag } from '../parts/evening_line.js';
import { formatMoment } from '../parts/times.js';
import { Page, html, words } from '../shell/page.js';

export default class extends Page {
  static title = words.history.title;

  async refresh() {
    const { entries, ...others } = this.reads;
    [this.entries] = await Promise.all([this.api.list(entries), super.refresh(others)]);
    // Of the entries, `seen` is the one as of which the evening is shown.
    if (!this.past) this.seen = this.entries.length - 1;
    this.chosen ??= this.seen;
  }

  view() {
    const shown = this.past || this.evening;
    const entry = this.entries[this.chosen];
    return html`
      <p class="quiet"><a href="/evening/${this.evening.id}">${this.evening.title}</a></p>
      ${this.head}
      <label class="field"><span>${words.history.moment}</span>
        <input type="range" min="0" max=${this.entries.length - 1} .value=${String(this.chosen)}
          aria-valuetext="${formatMoment(entry.at)}: ${entry.name}"
          @change=${(event) => this.#goTo(Number(event.target.value))}></label>
      <section class="panel" aria-live="polite" aria-busy=${this.seen !== this.chosen}>
        <p><strong>${shown.title}</strong>
          ${tag(statusOf(shown))}</p>
        <p>${formatMoment(shown.event_time, shown.tz)} · ${placeOf(shown)} ·
          <span data-role="seats">${words.evening.left(shown.tickets_left, shown.ticket_count)}</span>
        </p>
        ${guestList(shown, shown.author_id === this.person.id)}
      </section>
      <ol class="timeline">${this.entries.map((entry, index) => this.#entry(entry, index))}</ol>`;
  }

  #entry(entry, index) {
    const { actor, guest_name: guest, at } = entry;
    return html`<li aria-current=${index === this.chosen ? 'step' : 'false'}>
      <button class="quiet" @click=${() => this.#goTo(index)}>
        <time datetime=${at}>${formatMoment(at)}</time>
        <strong>${entry.name}</strong>
        <span class="facts">${actor?.name ?? (actor ? words.history.system : '')}
          ${guest && guest !== actor?.name ? `→ ${guest}` : ''}</span></button></li>`;
  }

  /** Read how the evening stood after the entry that was chosen last. */
  async #goTo(index) {
    this.chosen = index;
    this.redraw();
    if (this.actions.busy) return;
    while (this.seen !== this.chosen) {
      const wanted = this.chosen;
      const past = await this.actions.run(
        () => this.api.get(this.reads.evening, { as_of: this.entries[wanted].position }));
      if (past) Object.assign(this, { past, seen: wanted });
      else this.chosen = this.seen;
      this.redraw();
    }
  }
}
