// What the page shows lives in its address: the service, the filters and the window one zoomed to.
// So every view can be shared, and going back goes back.

const listeners = [];

/** Calls `listener` when someone changes what is shown. */
export const onview = (listener) => listeners.push(listener);

/** The address's parameters as a plain object. */
export const parameters = () => Object.fromEntries(new URLSearchParams(location.search));

/** Sets parameters (null removes one) and shows what they ask for. */
export function show(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === "") query.delete(name);
    else query.set(name, value);
  }
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  for (const listener of listeners) listener();
}

/** The window one zoomed to, or null for all there is. */
export function chosenWindow() {
  const { from, to } = parameters();
  const chosen = { from: Number(from), to: Number(to) };
  return from && to && chosen.from < chosen.to ? chosen : null;
}

/** Zooms to a window; null shows everything again. */
export const zoomTo = (chosen) =>
  show({ from: chosen && Math.round(chosen.from), to: chosen && Math.round(chosen.to) });
