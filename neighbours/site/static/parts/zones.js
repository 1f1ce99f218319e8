export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const DAY_MS = 86_400_000;

/** The zone; the person's own if there is none, or none that this browser knows. */
export function knownZone(zone) {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone });
    return zone ?? OWN_ZONE;
  } catch {
    return OWN_ZONE;
  }
}

/** All zones to choose from, this one first. */
export function zonesAfter(zone) {
  return [...new Set([zone, OWN_ZONE, 'UTC', ...Intl.supportedValuesOf('timeZone')])]
    .map((one) => [one]);
}

/** What the clock of a zone shows, as in a field `datetime-local`. */
export function localTime(time, timeZone = OWN_ZONE) {
  // As Swedes write it, but for a space.
  return new Date(time).toLocaleString('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })
    .replace(' ', 'T');
}

/** When the clock of a zone shows `local`: the first time if it does so twice, and as much later as
 * it is put forward if it never does. */
export function instantOf(local, zone) {
  const utc = Date.parse(`${local}Z`);
  // By the offset from UTC that it has a day before, or a day after.
  const found = [utc - DAY_MS, utc + DAY_MS].map((near) =>
    utc + near - Date.parse(`${localTime(near, zone)}Z`));
  const time = found.find((one) => localTime(one, zone) === local) ?? found[0];
  return new Date(time).toISOString();
}
