// Keeps the page in step with the timeline: asks twice a second whether anything changed, and says
// so when the server or the daemon behind it is gone. While one inspects, nothing moves.

import { Problem, get } from "./api.js";
import { h, patch } from "./dom.js";
import { coded } from "./parts.js";
import { chosenWindow, onview, zoomTo } from "./view.js";
import { CLOCK, time } from "./words.js";

const EVERY = 500; // ms

/** Runs `refresh` now, and whenever the timeline or the view changes. */
export function keepLive(refresh) {
  const known = document.body.dataset.known || null;
  const state = { shown: null, known, status: null, held: false, lost: null,
    problem: null, followed: false };
  const paused = () => state.held || chosenWindow() !== null;

  async function renew() {
    const version = state.known;
    if (await refresh()) state.shown = version;
    tell();
  }

  async function ask() {
    try {
      if (!document.hidden) {
        state.status = await get("status");
        state.lost = state.problem = null;
        state.followed ||= state.status.writer.alive;
        state.known = state.status.version;
        await first;
        if (state.known !== state.shown && !paused()) await renew();
      }
    } catch (error) {
      state.problem = error instanceof Problem ? error : null;
      state.lost ??= Date.now();
    }
    tell();
    setTimeout(ask, EVERY);
  }

  function toggle() {
    state.held = !paused();
    if (!state.held && chosenWindow()) zoomTo(null);
    else if (!state.held) renew();
    tell();
  }

  function tell() {
    const behind = paused() && state.known !== state.shown;
    patch(document.getElementById("live"), indicator(state, paused(), behind, toggle));
    patch(document.getElementById("notice"), notice(state));
  }

  onview(renew);
  const first = renew().catch(() => null); // what went wrong is told by what is asked next
  return ask();
}

function indicator(state, paused, behind, toggle) {
  const [kind, word] = state.lost ? ["lost", state.problem ? "No data" : "No answer"]
    : paused ? ["paused", behind ? "Paused, newer data is there" : "Paused"]
      : state.status && !state.status.writer.alive ? ["still", "Not followed"] : ["live", "Live"];
  return [
    h("span", { class: `dot dot-${kind}`, "aria-hidden": "true" }), h("span", { role: "status" }, word),
    state.status ? h("span", { class: "news" }, "last news ", time(state.status.changed_at, "", CLOCK)) : null,
    h("button", { type: "button", class: "small", onclick: toggle }, paused ? "Resume" : "Pause"),
  ];
}

function notice({ status, lost, problem, followed }) {
  if (problem) { // the content says so where nothing was ever shown
    return status && h("p", { class: "banner", role: "alert" }, h("strong", {}, problem.message, " "),
      coded(problem.hint), " This is what was known at ", time(lost), "; the page goes on by itself.");
  }
  if (lost) {
    return h("p", { class: "banner", role: "alert" }, h("strong", {}, "logdiag does not answer. "),
      "This is what was known at ", time(lost), ". Start ", h("code", {}, "logdiag web"),
      " or ", h("code", {}, "logdiag watch --web"), " again; the page goes on by itself.");
  }
  const { alive, lost: killed } = status?.writer ?? {};
  if (killed || (followed && !alive)) {
    return h("p", { class: "banner", role: "alert" },
      h("strong", {}, "Nobody follows the logs any more. "),
      killed ? [`Process ${status.writer.pid} was killed or crashed; the last news are of `, time(status.changed_at), ". "] : null,
      "What happens now is not seen. Start ",
      h("code", {}, "logdiag watch"), " again; it goes on where it stopped.");
  }
  return null;
}
