// Starts the page that the body names, and keeps it in step with the timeline.

import { Problem, address, get } from "./api.js";
import { h, patch } from "./dom.js";
import { keepLive } from "./live.js";
import { connection } from "./pages/connection.js";
import { finding } from "./pages/finding.js";
import { overview } from "./pages/overview.js";
import { rules } from "./pages/rules.js";
import { sources } from "./pages/sources.js";
import { timeline } from "./pages/timeline.js";
import { fitPaper } from "./paper.js";
import { coded } from "./parts.js";
import { byVerdict } from "./verdict.js";
import { parameters } from "./view.js";
import { ZONE_TOLD } from "./words.js";

const PAGES = { overview, timeline, finding, connection, rules, sources };
const name = document.body.dataset.page;
const place = document.getElementById("content");

/** Shows what the server knows now; whether that could be done for good. */
async function refresh() {
  try {
    const { services } = await get("services");
    const service = chosen(services);
    pick(services, service);
    await PAGES[name]({ place, services, service, title });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    patch(place, h("div", { class: "empty", role: "alert" }, h("h2", {}, error.message),
      h("p", {}, coded(error.hint || "Begin at the overview.")), h("p", {}, error.status < 500
        ? h("a", { href: "/" }, "To the overview") : "The page goes on by itself.")));
    return error.status < 500;
  } finally {
    place.removeAttribute("aria-busy");
  }
  return true;
}

/** The service that the address names; else the worst, or on the overview all where several are. */
function chosen(services) {
  const { service } = parameters();
  if (service) return service;
  if (name === "overview" && services.length > 1) return null;
  return byVerdict(services)[0]?.name ?? null;
}

/** Lets one choose a service where there are several; the links above keep the choice. */
function pick(services, service) {
  const named = parameters().service ?? null;
  for (const link of document.querySelectorAll("nav a[data-service]")) {
    link.href = address(link.pathname, { service: named });
  }
  if (!["overview", "timeline"].includes(name) || services.length < 2) return;
  const options = services.map((one) => h("option", { value: one.name, selected: one.name === service }, one.name));
  if (name === "overview") options.unshift(h("option", { value: "", selected: service === null }, "all services"));
  patch(document.getElementById("picker"), h("label", {}, h("span", { class: "hidden" }, "Service"),
    h("select", { onchange: (event) => {
      location.href = address(location.pathname, { service: event.target.value });
    } }, options)));
}

function title(words) {
  document.title = `${words} · logdiag`;
  document.querySelector("h1").textContent = words;
}

document.getElementById("zone").textContent = ZONE_TOLD;
if (name in PAGES) keepLive(refresh);
fitPaper();

// colours of a canvas do not follow the system's by themselves
const dark = matchMedia("(prefers-color-scheme: dark)");
document.documentElement.classList.toggle("drawn-dark", dark.matches);
dark.addEventListener("change", () => location.reload());
