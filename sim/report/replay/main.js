/* Starts the page: unpacks the recording, builds both worlds, and draws a frame whenever something has changed. */

const NUMBERS_EVERY_MS = 200;
const TABLES_EVERY_MS = 2000;
const PAN_PX = 80;
const SIDE_GAP_PX = 6;

async function start() {
  sayPage();
  const recording = await unpack();
  const worlds = recording.arms.map((arm) => new World(arm, recording.states));
  const panes = ARM_KEYS.map((key) => pane(key));
  const view = new View();
  const stage = document.getElementById("stage");
  const length = Math.max(...worlds.map((world) => world.map.end_s)) - worlds[0].map.start_s;
  const boxOf = { gate: gateBox(worlds[0]), all: wholeMap(worlds[0]) };
  let framed = "gate";
  let chosen = null;
  let chosenIn = 0;
  let [following, tabular, dirty] = [false, false, true];
  let searchAgain = true;
  let firstFrameMs = null;
  let [numbersAt, tablesAt, last, frames] = [-Infinity, -Infinity, performance.now(), 0];

  const clock = new Clock(worlds[0].map.start_s, length, worlds[0].map.bell_s, (what) => {
    dirty = true;
    if (what === "moved" || what === "stopped") numbersAt = tablesAt = -Infinity;
    if (what === "stopped" || what === "moved") announceSoon();
    if (what === "stopped" || what === "moved") searchAgain = true;
    if (what === "rate") announce(say("announce.rate", { rate: clock.rate }));
  });

  /* ------------------------------------------------------------------ what is told aloud */

  let soon = 0;
  const announce = (text) => { document.getElementById("live").textContent = text; };
  function announceSoon() {
    clearTimeout(soon);
    soon = setTimeout(() => {
      const [b, a] = worlds.map(readKpis);
      announce(say("announce.moment", { time: clockTime(clock.time), before: b.queue, after: a.queue, outsideBefore: b.outside, outsideAfter: a.outside }));
    }, 400);
  }

  /* ------------------------------------------------------------------ choosing and following */

  const finder = new Finder(worlds, (name) => choose(name));
  function choose(name, arm = worlds[0].number.has(name) && worlds[0].row[worlds[0].number.get(name)] >= 0 ? 0 : 1) {
    chosen = name;
    chosenIn = arm;
    dirty = true;
    numbersAt = -Infinity;
    if (name === null) return follow(false);
    const told = worlds.map((world) => sayState(world, world.number.get(name)));
    if (finder.list.value !== name) finder.search(name);
    showChosen(chosen, worlds, recording.components);
    const side = document.getElementById("side");
    side.scrollTop += document.getElementById("who").getBoundingClientRect().top - side.getBoundingClientRect().top - SIDE_GAP_PX;
    announce(say("announce.chosen", { name, before: told[0], after: told[1] }));
  }
  function follow(on) {
    following = on && chosen !== null;
    document.getElementById("follow").setAttribute("aria-pressed", String(following));
    dirty = true;
  }
  function keepUp() {
    const order = [chosenIn, 1 - chosenIn];
    for (const n of order) {
      const v = worlds[n].number.get(chosen);
      if (v === undefined || worlds[n].row[v] < 0 || Number.isNaN(worlds[n].x[v])) continue;
      view.set(worlds[n].x[v], worlds[n].y[v], view.scale);
      return;
    }
  }

  /* ------------------------------------------------------------------ the picture */

  function arrange() {
    const stacked = isStacked(boxOf[framed], stage.clientWidth, stage.clientHeight - 60);
    stage.classList.toggle("stacked", stacked);
    for (const one of panes) one.measure();
    drawTimeline(clock, worlds);
    view.revision++;
    dirty = true;
  }
  /** Show the gate or all of the map, in the arrangement that shows it largest. */
  function look(what) {
    follow(false);
    framed = what;
    arrange();
    view.fit(boxOf[framed], panes[0].width, panes[0].height);
  }
  function moved() { dirty = true; }

  function frame(now) {
    clock.tick(Math.min(now - last, 250));
    last = now;
    if (clock.running) dirty = true;
    if (dirty) {
      dirty = false;
      frames++;
      worlds.forEach((world) => { world.place(clock.t); world.berths.look(); });
      if (following) keepUp();
      if (!tabular) worlds.forEach((world, n) => drawPane(panes[n], world, view, chosen === null ? undefined : world.number.get(chosen)));
      if (searchAgain && document.activeElement !== finder.list) finder.search();
      searchAgain = false;
      if (now - numbersAt >= NUMBERS_EVERY_MS) showNumbers(now);
    }
    requestAnimationFrame(frame);
  }
  function showNumbers(now) {
    numbersAt = now;
    const kpis = worlds.map(readKpis);
    showKpis(document.getElementById("kpis"), kpis);
    showChosen(chosen, worlds, recording.components);
    if (tabular && now - tablesAt >= (clock.running ? TABLES_EVERY_MS : 0)) {
      tablesAt = now;
      showTables(worlds, kpis, clock.time);
    }
  }

  /* ------------------------------------------------------------------ buttons */

  function speak() {
    sayPage();
    document.getElementById("title").textContent = worlds[0].map.title;
    panes.forEach((one, n) => {
      one.title.textContent = recording.arms[n].title;
      one.canvas.setAttribute("aria-label", say("canvas", { arm: say(ARM_KEYS[n]), title: recording.arms[n].title }));
    });
    drawKeys();
    searchAgain = true;
    clock.show();
    drawTimeline(clock, worlds);
    numbersAt = tablesAt = -Infinity;
    dirty = true;
  }
  function showAsTable(on) {
    tabular = on;
    document.getElementById("maps").hidden = on;
    document.getElementById("tables").hidden = !on;
    document.getElementById("as-table").setAttribute("aria-pressed", String(on));
    numbersAt = tablesAt = -Infinity;
    arrange();
  }

  panes.forEach((one, n) => handle(one.canvas, view, {
    moved: () => { if (following) follow(false); moved(); },
    clicked: (x, y) => {
      const v = vehicleAt(worlds[n], view, one.width, one.height, x, y);
      choose(v < 0 ? null : worlds[n].names[v], n);
    },
  }));
  const pan = (x, y) => () => { follow(false); view.pan(x, y); moved(); };
  handleKeys(clock, {
    "zoom-in": () => { view.zoom(ZOOM_STEP); moved(); },
    "zoom-out": () => { view.zoom(1 / ZOOM_STEP); moved(); },
    "pan-left": pan(PAN_PX, 0),
    "pan-right": pan(-PAN_PX, 0),
    "pan-up": pan(0, PAN_PX),
    "pan-down": pan(0, -PAN_PX),
    "see-gate": () => look("gate"),
    "see-all": () => look("all"),
    follow: () => follow(!following),
    "choose-none": () => choose(null),
    language: () => { language = language === "zh" ? "en" : "zh"; speak(); announceSoon(); },
    "as-table": () => showAsTable(!tabular),
  });
  new ResizeObserver(arrange).observe(stage);

  document.body.classList.remove("loading");
  hideKeys(worlds);
  speak();
  look("gate");
  requestAnimationFrame(frame);
  window.replay = Object.freeze({
    positionsAt: (arm, time) => positionsAt(worlds[ARM_KEYS.indexOf(arm)], time),
    screenAt: (arm, name) => {
      const n = ARM_KEYS.indexOf(arm);
      const v = worlds[n].number.get(name);
      return onScreen(view, panes[n].width, panes[n].height, worlds[n].x[v], worlds[n].y[v]);
    },
    state: () => ({ time: clock.time, running: clock.running, rate: clock.rate, frames, chosen, following, scale: view.scale, firstFrameMs }),
  });
  requestAnimationFrame(() => requestAnimationFrame((now) => { firstFrameMs = now; }));
}

/** Return where everybody is who is there at a time of day [s], from what the drawing itself reads. */
function positionsAt(world, time) {
  const known = (v) => (Number.isNaN(v) ? null : v);
  world.place(time - world.map.start_s);
  return world.names.flatMap((traveller, v) => {
    const r = world.row[v];
    if (r < 0) return [];
    return [{ traveller, lane: world.rows.lane[r], at_m: world.rows.at[r] / 10, state: world.states[world.stateOf(v)],
      off_lane: world.isOff(v), x_m: known(world.x[v]), y_m: known(world.y[v]) }];
  });
}

start().catch((error) => {
  document.getElementById("trouble").hidden = false;
  document.getElementById("trouble").textContent = say("trouble");
  console.error(error);
});
