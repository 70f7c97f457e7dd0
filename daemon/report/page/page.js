"use strict";
// Asks /overview and shows it. Every text of it may be a stranger's: it becomes text nodes, never
// markup, an attribute that does something, or an address.

const EVERY = 5000;
const PATIENCE = 10000;
const DAY = 24 * 3600 * 1000;
const ROWS = 25; // of exposures, until more are asked for
const OUTCOMES = { succeeded: "worked", denied: "stopped", rejected: "stopped", conflict: "stopped", dry_run: "stopped" };
const LANES = [["worked", "Worked"], ["stopped", "Did not work"], ["unclear", "Unclear"]];

const byId = (id) => document.getElementById(id);
const state = { data: null, heard: null, dead: false, all: false, dot: null };
const drawn = new Map(); // of each part, what it was drawn from

function make(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Draws a part anew if what it shows has changed; the focus stays where it was.
function renew(id, basis, content) {
  const key = JSON.stringify(basis);
  if (drawn.get(id) === key) return;
  drawn.set(id, key);
  const part = byId(id);
  const focused = part.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  part.replaceChildren(...content());
  if (focused) [...part.querySelectorAll("[data-key]")].find((each) => each.dataset.key === focused)?.focus();
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayOf = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

function when(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return "never";
  const today = new Date(state.data.now).toDateString() === time.toDateString();
  return (today ? "" : dayOf.format(time) + " ") + clock.format(time);
}

function moment(text) {
  return text ? make("time", { datetime: text, title: text + " (UTC)" }, when(text)) : "never";
}

function ago(text) {
  const seconds = Math.max(0, Math.round((new Date(state.data.now) - new Date(text)) / 1000));
  if (seconds < 120) return seconds + " s";
  if (seconds < 7200) return Math.round(seconds / 60) + " min";
  return Math.round(seconds / 3600) + " h";
}

const amount = (number) => number.toLocaleString("en").replaceAll(",", "\u202f");
const plural = (count, one, many = one + "s") => `${amount(count)} ${count === 1 ? one : many}`;

function size(bytes) {
  if (bytes < 1024) return bytes + " B";
  const unit = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return (bytes / 1024 ** unit).toFixed(1) + " " + ["", "KiB", "MiB", "GiB", "TiB"][unit];
}

// What is said of an exposure.

const lane = (exposure) => OUTCOMES[exposure.outcome] || "unclear";
const words = (text) => text.replaceAll("_", " ");
const service = (exposure) => `${exposure.namespace || "?"}/${exposure.name || "?"}`;
const who = (exposure) => exposure.actor || exposure.user || "?";

function ports(exposure) {
  const all = exposure.node_ports.map((port) =>
    `${port.number ?? "port chosen by the apiserver"}${port.protocol ? "/" + port.protocol : ""}${port.port ? " → " + port.port : ""}`);
  all.push(...exposure.external_ips.map((address) => "external IP " + address));
  if (exposure.health_check_node_port) all.push("health check " + exposure.health_check_node_port);
  const hidden = exposure.doors - exposure.node_ports.length - exposure.external_ips.length;
  if (hidden > 0) all.push(`${hidden} more`);
  return all.join(", ");
}

function what(exposure) {
  return [exposure.type, ports(exposure)].filter(Boolean).join(" ") || "unknown";
}

function shape(kind, x, y) {
  if (kind === "worked") return draw("circle", { class: "shape", cx: x, cy: y, r: 4.5 });
  if (kind === "stopped") return draw("rect", { class: "shape", x: x - 3.75, y: y - 3.75, width: 7.5, height: 7.5 });
  return draw("path", { class: "shape", d: `M${x} ${y - 5}l5 9h-10z` });
}

function badge(exposure) {
  const kind = lane(exposure);
  const mark = draw("svg", { class: "mark " + kind, width: 12, height: 12, viewBox: "0 0 12 12", "aria-hidden": "true" }, shape(kind, 6, 6));
  return make("span", { class: "outcome " + kind }, mark, words(exposure.outcome));
}

const keyOf = (exposure) => [exposure.alert_id, exposure.audit_id, exposure.namespace, exposure.name, exposure.outcome].join(" ");

function chosen() {
  const parts = byId("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  const outcome = byId("outcome").value;
  return state.data.exposures.filter((exposure) => {
    if (outcome && lane(exposure) !== outcome) return false;
    const text = [who(exposure), exposure.user, exposure.origin_ip, service(exposure), what(exposure), words(exposure.outcome), ...exposure.rules].join(" ").toLowerCase();
    return parts.every((part) => text.includes(part));
  });
}

function open(exposure) {
  const facts = [
    ["When", make("span", {}, moment(exposure.time), exposure.time_exact ? "" : " at the latest")],
    ["Outcome", badge(exposure)], ["Change", words(exposure.change)], ["Service", service(exposure)],
    ["Type", exposure.type], ["Opens", ports(exposure)], ["Through", exposure.via.map(words).join(", ")],
    ["Before", words(exposure.before)], ["Who", who(exposure)],
    ["Signed in as", exposure.user === who(exposure) ? null : exposure.user],
    ["From", exposure.origin_ip], ["The log tells", words(exposure.inspectable)],
    ["Level", exposure.level], ["Rules", exposure.rules.join(", ")], ["Audit ID", exposure.audit_id], ["Alert", exposure.alert_id],
  ].filter(([, value]) => value);
  byId("facts").replaceChildren(...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  byId("details").showModal();
}

// The time line.

function ticks(from, to, step) {
  const first = new Date(from);
  first.setMinutes(0, 0, 0);
  const all = [];
  for (let time = first; time <= to; time = new Date(time.getTime() + 3600 * 1000)) {
    if (time >= from && time.getHours() % step === 0) all.push(time);
  }
  return all;
}

function place(exposures, width, from) {
  const ends = LANES.map(() => [-99, -99, -99, -99]); // of each lane, where its rows of marks end
  return [...exposures].reverse().map((exposure) => {
    const share = Math.min(1, Math.max(0, (new Date(exposure.time) - from) / DAY));
    const x = Math.round((10 + share * (width - 20)) * 10) / 10;
    const row = LANES.findIndex(([kind]) => kind === lane(exposure));
    const free = ends[row].findIndex((end) => x - end >= 11);
    const height = free < 0 ? ends[row].length - 1 : free;
    ends[row][height] = x;
    return { exposure, x, y: 24 + row * 62 + 40 - 10 * height };
  });
}

function timeline(exposures) {
  const width = Math.max(240, byId("timeline").clientWidth);
  const to = new Date(state.data.now);
  const from = new Date(to - DAY);
  const bottom = 24 + LANES.length * 62;
  const figure = draw("svg", { viewBox: `0 0 ${width} ${bottom}`, height: bottom, role: "group", "aria-describedby": "timeline-help", "aria-label": `Time line of 24 hours with ${plural(exposures.length, "exposure")}` });
  for (const time of ticks(from, to, width < 600 ? 6 : 3)) {
    const x = 10 + ((time - from) / DAY) * (width - 20);
    figure.append(draw("line", { class: "grid", x1: x, x2: x, y1: 20, y2: bottom }));
    if (x > 16 && x < width - 16) figure.append(draw("text", { x, y: 13, "text-anchor": "middle" }, time.getHours() === 0 ? dayOf.format(time) : hour.format(time)));
  }
  LANES.forEach(([kind, name], row) => {
    const y = 20 + row * 62;
    const count = exposures.filter((each) => lane(each) === kind).length;
    figure.append(draw("line", { class: "grid", x1: 0, x2: width, y1: y, y2: y }), draw("text", { x: 2, y: y + 15 }, `${name} · ${amount(count)}`));
  });
  const dots = place(exposures, width, from).map(({ exposure, x, y }) => dot(exposure, x, y));
  const current = dots.find((each) => each.dataset.key === state.dot) || dots[dots.length - 1];
  current?.setAttribute("tabindex", "0");
  figure.append(...dots);
  return [figure];
}

function dot(exposure, x, y) {
  const kind = lane(exposure);
  const label = `${when(exposure.time)}, ${words(exposure.outcome)}: ${who(exposure)} from ${exposure.origin_ip || "?"}, ${service(exposure)}, ${what(exposure)}`;
  const mark = draw("g", { class: `dot mark ${kind}`, role: "button", tabindex: "-1", "aria-label": label },
    draw("title", {}, label), draw("circle", { class: "ring", cx: x, cy: y, r: 8.5 }), shape(kind, x, y));
  mark.dataset.key = keyOf(exposure);
  mark.addEventListener("click", () => open(exposure));
  mark.addEventListener("focus", () => { state.dot = mark.dataset.key; });
  return mark;
}

function walk(event) {
  const dots = [...byId("timeline").querySelectorAll(".dot")];
  const here = dots.indexOf(document.activeElement);
  if (here < 0) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    dots[here].dispatchEvent(new MouseEvent("click"));
    return;
  }
  const steps = { ArrowLeft: here - 1, ArrowUp: here - 1, ArrowRight: here + 1, ArrowDown: here + 1, Home: 0, End: dots.length - 1 };
  const next = dots[steps[event.key]];
  if (!(event.key in steps)) return;
  event.preventDefault();
  if (!next) return;
  dots[here].setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

// Tables: a cell is a text or an element; on a narrow screen its label stands beside it.

function table(columns, rows, empty, caption) {
  if (rows.length === 0) return [make("p", { class: "muted" }, empty)];
  const header = columns.map(([name, kind]) => make("th", { scope: "col", class: kind || "" }, name));
  const body = rows.map((cells) => make("tr", {}, ...cells.map((cell, at) =>
    make("td", { "data-label": columns[at][0], class: columns[at][1] || "" }, cell || ""))));
  return [make("table", {}, caption ? make("caption", {}, caption) : null,
    make("thead", {}, make("tr", {}, ...header)), make("tbody", {}, ...body))];
}

function exposureRow(exposure) {
  const opener = make("button", { type: "button", class: "link" }, moment(exposure.time));
  opener.dataset.key = keyOf(exposure);
  opener.addEventListener("click", () => open(exposure));
  return [opener, who(exposure), exposure.origin_ip || "?", service(exposure), what(exposure), badge(exposure)];
}

function exposureTable(exposures) {
  const shown = state.all ? exposures : exposures.slice(0, ROWS);
  const notes = [];
  if (state.data.truncated) notes.push("There was more than is shown here: the newest stand here.");
  if (state.data.unlisted > 0) notes.push(`${plural(state.data.unlisted, "more event is", "more events are")} counted in their alerts and not listed.`);
  const empty = state.data.exposures.length === 0 ? "No exposure was seen in the last day." : "Nothing matches the filter.";
  const parts = table([["When"], ["Who"], ["From"], ["Service"], ["What"], ["Outcome"]], shown.map(exposureRow), empty, notes.join(" "));
  if (shown.length < exposures.length) {
    const more = make("button", { type: "button", class: "more" }, `Show all ${amount(exposures.length)}`);
    more.addEventListener("click", () => { state.all = true; show(); });
    parts.push(more);
  }
  return parts;
}

function bars(exposures, nameOf) {
  const counts = new Map();
  for (const exposure of exposures) {
    const name = nameOf(exposure) || "?";
    const count = counts.get(name) || { all: 0, worked: 0 };
    count.all += 1;
    if (lane(exposure) === "worked") count.worked += 1;
    counts.set(name, count);
  }
  const top = [...counts].sort((a, b) => b[1].all - a[1].all || (a[0] < b[0] ? -1 : 1)).slice(0, 8);
  if (top.length === 0) return [make("p", { class: "muted" }, "None.")];
  const percent = (count) => (100 * count) / top[0][1].all + "%";
  return [make("ul", { class: "bars" }, ...top.map(([name, count]) => make("li", {},
    make("span", { class: "name", title: name }, name),
    make("span", { class: "muted small" }, `${amount(count.all)}, ${amount(count.worked)} worked`),
    draw("svg", { "aria-hidden": "true" }, draw("rect", { class: "track", width: "100%", height: "6" }),
      draw("rect", { class: "all", width: percent(count.all), height: "6" }),
      draw("rect", { class: "part", width: percent(count.worked), height: "6" })))))];
}

const alertRow = (alert) => [moment(alert.last), alert.level, alert.rule, alert.message, amount(alert.count)];
const blindRow = (alert) => [moment(alert.last), alert.level, alert.rule,
  [alert.message, ...alert.facts.filter((fact) => !alert.message.includes(fact.value)).map((fact) => `${fact.name}: ${fact.value}`)].join(" · "), amount(alert.count)];

function sourceRow(source) {
  let how = source.unread === 0 ? "read to its end" : "reading";
  if (source.missing) how = "the file is gone";
  if (source.waiting) how = "no file to read";
  return [source.path, make("span", { class: how === "reading" || source.unread === 0 && !source.missing && !source.waiting ? "" : "worked" }, how),
    `${size(source.offset)} of ${size(source.size)}`, size(source.unread), amount(source.records), source.last_read ? moment(source.last_read) : "none yet"];
}

function sinkRow(sink) {
  const how = sink.alive ? sink.trouble || "takes alerts" : "takes nothing";
  return [sink.name, make("span", { class: sink.alive && !sink.trouble ? "" : "worked" }, how), amount(sink.delivered), amount(sink.pending),
    sink.oldest_pending ? ago(sink.oldest_pending) : "", amount(sink.dead_letters), sink.last_delivery ? moment(sink.last_delivery) : "never", sink.last_error];
}

// The sentence at the top.

function sentence() {
  const { data, dead, heard } = state;
  if (dead) return ["broken", data ? `The daemon does not answer. What stands below is from ${clock.format(heard)}.` : "The daemon does not answer."];
  if (data.troubles.some((trouble) => trouble.what !== "sink")) return ["broken", "Not everything is seen."];
  if (data.troubles.length > 0) return ["warn", "Seeing everything, but not every sink takes alerts."];
  const blind = data.blind_spots.length;
  if (blind > 0) return ["warn", `Seeing everything now. The last day had ${plural(blind, "blind spot")}.`];
  return ["well", "Seeing everything."];
}

function showState() {
  const [kind, text] = sentence();
  byId("state").className = "state " + kind;
  if (byId("sentence").textContent !== text) byId("sentence").textContent = text;
  const troubles = state.data && !state.dead ? state.data.troubles : [];
  renew("troubles", troubles, () => troubles.map((trouble) => make("li", {}, `${trouble.what}${trouble.where ? " " + trouble.where : ""}: ${trouble.why}`)));
  document.body.classList.toggle("stale", state.dead);
}

function figures(data) {
  const worked = data.exposures.filter((each) => lane(each) === "worked").length;
  return [[amount(data.open_services), data.open_services === 1 ? "Service open now" : "Services open now"],
    [`${amount(worked)} of ${amount(data.exposures.length)}${data.truncated ? "+" : ""}`, "exposures worked"],
    [amount(data.open_windows), data.open_windows === 1 ? "open alert" : "open alerts"],
    [amount(data.blind_spots.length), data.blind_spots.length === 1 ? "blind spot" : "blind spots"]]
    .map(([figure, name]) => make("div", {}, make("dt", {}, name), make("dd", {}, figure)));
}

function show() {
  showState();
  const data = state.data;
  if (!data) return;
  const about = ["cluster " + (data.cluster || "?"), "node " + (data.node || "?"), data.version, "since " + when(data.started)].join(" · ");
  byId("about").textContent = about;
  document.title = `nodeportd · ${data.cluster || data.node}`;
  byId("updated").textContent = `As of ${clock.format(state.heard)}; asked every 5 seconds while this page is seen. ${data.watermark ? "Events are booked up to " + when(data.watermark) : "No event was booked yet"}. Times are of this browser's zone.`;
  const exposures = chosen();
  byId("timeline-help").hidden = exposures.length === 0;
  const today = new Date(data.now).toDateString();
  renew("figures", [data.exposures.length, data.open_services, data.open_windows, data.blind_spots.length, data.truncated], () => figures(data));
  renew("timeline", [exposures, Math.floor(new Date(data.now) / 60000), byId("timeline").clientWidth], () => timeline(exposures));
  renew("exposures", [exposures, state.all, data.truncated, data.unlisted, today], () => exposureTable(exposures));
  renew("users", exposures, () => bars(exposures, who));
  renew("spaces", exposures, () => bars(exposures, (exposure) => exposure.namespace));
  renew("open", [data.open, today], () => table([["Last"], ["Level"], ["Rule"], ["What"], ["Events", "number"]], data.open.map(alertRow), "No alert is open."));
  renew("sources", [data.sources, today], () => table([["Log"], ["State"], ["Position"], ["Unread", "number"], ["Records", "number"], ["Last line"]], data.sources.map(sourceRow), "No log is followed.", data.sources_in_all > data.sources.length ? `${data.sources.length} of ${data.sources_in_all}` : ""));
  renew("sinks", [data.sinks, data.sinks.map((sink) => sink.oldest_pending && ago(sink.oldest_pending)), today], () => table([["Sink"], ["State"], ["Delivered", "number"], ["Waiting", "number"], ["Oldest", "number"], ["Dead letters", "number"], ["Last delivery"], ["Last error"]], data.sinks.map(sinkRow), "No sink is configured."));
  renew("blind", [data.blind_spots, today], () => table([["When"], ["Level"], ["What"], ["Where and why"], ["Times", "number"]], data.blind_spots.map(blindRow), "None: every line could be read."));
}

async function ask() {
  try {
    const answer = await fetch("overview", { signal: AbortSignal.timeout(PATIENCE), credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    state.data = await answer.json();
    state.heard = new Date();
    state.dead = false;
  } catch {
    state.dead = true;
  }
  show();
}

let timer = null;
async function keepAsking() {
  clearTimeout(timer);
  if (document.hidden) return;
  await ask();
  clearTimeout(timer);
  timer = setTimeout(keepAsking, EVERY);
}

byId("filter").addEventListener("submit", (event) => event.preventDefault());
byId("filter").addEventListener("input", () => { state.all = false; show(); });
byId("timeline").addEventListener("keydown", walk);
document.addEventListener("visibilitychange", keepAsking);
new ResizeObserver(() => show()).observe(byId("timeline"));
keepAsking();
