/* Beside the picture: the KPIs of both worlds, the search for a vehicle, and the chosen vehicle with its twin. */

const ARM_COLOURS = ["#0072B2", "#E69F00"];
const ARM_KEYS = ["before", "after"];
const MOST_FOUND = 60;
/** In this order the search lists vehicles, those on the map before the others. */
const RANKS = ["family", "taxi", "bus", "heavy", "two_wheeler", "through"];

/** Return a table's head with a column for each world. */
function armHead(first) {
  const row = element("tr");
  row.append(Object.assign(element("th", first), { scope: "col" }));
  for (const key of ARM_KEYS) row.append(Object.assign(element("th", say(key), key), { scope: "col" }));
  const head = element("thead");
  head.append(row);
  return head;
}

/** Fill a table with rows [label, before, after]; where the rows are as before only the texts change. */
function fillTable(table, first, rows) {
  const mark = [language, first, ...rows.map((row) => row[0])].join("\n");
  if (table.dataset.mark !== mark) {
    table.dataset.mark = mark;
    const body = element("tbody");
    for (const [label] of rows) {
      const row = element("tr");
      row.append(Object.assign(element("th", label), { scope: "row" }), element("td"), element("td"));
      body.append(row);
    }
    const caption = table.caption ? [table.caption] : [];
    table.replaceChildren(...caption, armHead(first), body);
  }
  rows.forEach(([, ...values], n) => values.forEach((value, column) => {
    const cell = table.tBodies[0].rows[n].cells[column + 1];
    if (cell.textContent !== value) cell.textContent = value;
  }));
}

function showKpis(table, kpis) {
  fillTable(table, say("kpi.head"), KPI_ROWS.map(([key, write]) => [say(key), ...kpis.map(write)]));
}

/** Return what a vehicle is, in words. */
const sayRole = (world, v) => sayCode("role", world.roles[v]);

/** Return what a vehicle does now, in words. */
function sayState(world, v) {
  if (v === undefined) return say("state.not_there");
  if (world.row[v] >= 0) return sayCode("state", world.states[world.stateOf(v)]);
  return world.now < world.trips.scheduled_s[v] ? say("state.not_yet") : say("state.gone");
}

/** The search: vehicles on the map first, families before others; chosen by Enter or by click. */
class Finder {
  constructor(worlds, choose) {
    this.worlds = worlds;
    this.input = document.getElementById("find");
    this.list = document.getElementById("found");
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("focus", () => this.search());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { this.list.focus(); event.preventDefault(); }
      if (event.key === "Enter" && this.list.options.length) choose(this.list.options[0].value);
    });
    this.list.addEventListener("change", () => choose(this.list.value));
    this.list.addEventListener("keydown", (event) => { if (event.key === "Enter" && this.list.value) choose(this.list.value); });
  }

  /** List who fits what is written; `also` is listed first, and chosen. */
  search(also = this.list.value) {
    const wanted = this.input.value.trim().toLowerCase();
    const found = [];
    for (const world of this.worlds) {
      world.names.forEach((name, v) => {
        if (world.row[v] < 0 && !wanted) return;
        if (wanted && !`${name} ${sayRole(world, v)}`.toLowerCase().includes(wanted)) return;
        const rank = (world.row[v] >= 0 ? 0 : RANKS.length) + RANKS.indexOf(world.roles[v]);
        found.push({ name, rank, role: sayRole(world, v) });
      });
    }
    found.sort((a, b) => a.rank - b.rank);
    const once = [...new Map(found.map((one) => [one.name, one])).values()].slice(0, MOST_FOUND);
    once.sort((a, b) => (b.name.toLowerCase() === wanted) - (a.name.toLowerCase() === wanted));
    this.list.replaceChildren(...once.map(({ name, role }) => new Option(`${name} · ${role}`, name)));
    if (also && !once.some((one) => one.name === also)) this.list.prepend(new Option(also, also));
    this.list.value = also;
  }
}

/** Show the chosen vehicle's trip in both worlds. */
function showChosen(name, worlds, components) {
  const table = document.getElementById("trip");
  document.getElementById("nobody").hidden = name !== null;
  document.getElementById("somebody").hidden = name === null;
  if (name === null) return;
  const who = worlds.map((world) => world.number.get(name));
  const first = worlds[who[0] === undefined ? 1 : 0];
  document.getElementById("who").textContent = `${name} · ${sayRole(first, who[0] ?? who[1])}`;
  const by = (write) => worlds.map((world, n) => (who[n] === undefined ? "–" : write(world, who[n])));
  const clock = (t, world) => (Number.isFinite(t) ? clockTime(world.map.start_s + t) : "–");
  const there = (write) => (world, v) => (world.row[v] >= 0 ? write(world, v) : "–");
  const rows = [
    [say("trip.state"), ...worlds.map((world, n) => sayState(world, who[n]))],
    [say("trip.due"), ...by((w, v) => clock(w.trips.scheduled_s[v], w))],
    [say("trip.entered"), ...by((w, v) => (w.trips.entered_s[v] <= w.now ? clock(w.trips.entered_s[v], w) : "–"))],
    [say("trip.left"), ...by((w, v) => (w.trips.left_s[v] <= w.now ? clock(w.trips.left_s[v], w) : "–"))],
    [say("trip.so_far"), ...by((w, v) => minutes(Math.max(Math.min(w.now, w.trips.left_s[v] || Infinity) - w.trips.scheduled_s[v], 0)))],
    [say("trip.delay"), ...by(there((w, v) => minutes(Math.max(w.delay(v), 0))))],
    [say("trip.driven"), ...by(there((w, v) => say("metres", { m: Math.round(w.driven(v)) })))],
    [say("trip.speed"), ...by(there((w, v) => say("km_h", { v: Math.round(w.speed(v) * 3.6) })))],
  ];
  const stays = worlds.map((world, n) => (who[n] === undefined ? undefined : world.trips.stay.get(who[n])));
  if (stays.some((stay) => stay !== undefined)) {
    rows.push([say("trip.stop"), ...by((w, v) => sayCode("stop", w.word("stop", v) || "none"))]);
    rows.push([say("trip.rounds"), ...by((w, v) => String(w.trips.rounds[v]))]);
    components.forEach((part, c) => {
      rows.push([sayCode("part", part), ...worlds.map((w, n) => (stays[n] === undefined ? "–" : minutes(w.trips.components[c][stays[n]])))]);
    });
    rows.push([say("trip.whole"), ...by((w, v) => minutes(w.trips.left_s[v] - w.trips.scheduled_s[v]))]);
  }
  fillTable(table, say("trip.head"), rows);
  const from = table.tBodies[0].rows;
  for (const row of from) row.classList.toggle("part", components.some((part) => sayCode("part", part) === row.cells[0].textContent));
}
