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

/** Return a world's part of the page: its canvas and, behind it, the ground as it was drawn last. */
function pane(key) {
  const canvas = document.getElementById(`canvas-${key}`);
  const one = { key, canvas, title: document.getElementById(`title-${key}`), context: canvas.getContext("2d", { alpha: false }),
    ground: document.createElement("canvas"), revision: -1, width: 1, height: 1, ratio: 1 };
  one.measure = () => {
    one.ratio = Math.min(window.devicePixelRatio || 1, 2);
    one.width = Math.max(canvas.clientWidth, 1);
    one.height = Math.max(canvas.clientHeight, 1);
    for (const bitmap of [canvas, one.ground]) {
      bitmap.width = Math.round(one.width * one.ratio);
      bitmap.height = Math.round(one.height * one.ratio);
    }
    one.revision = -1;
  };
  return one;
}

function drawPane(one, world, view, chosen) {
  const { context, width, height, ratio } = one;
  if (one.revision !== view.revision) {
    drawGround(one.ground.getContext("2d"), world, view, width, height, ratio);
    one.revision = view.revision;
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(one.ground, 0, 0);
  drawTaken(context, world, view, width, height, ratio);
  drawLights(context, world, view, width, height);
  drawVehicles(context, world, view, width, height, ratio);
  drawWalkers(context, world, view, width, height, chosen ?? -1);
  drawBadges(context, world, view, width, height);
  drawChosen(context, world, chosen ?? -1, view, width, height);
  const labels = new Labels(context, width, height);
  drawTail(context, labels, tailNow(world), world.side, view, width, height);
  drawSigns(context, labels, world, view, width, height);
}

/** Return the queue's end, found anew once a second. */
function tailNow(world) {
  const second = Math.floor(world.now);
  if (world.tailAt !== second) Object.assign(world, { tailAt: second, tail: findQueue(world) });
  return world.tail;
}

/** Leave out of the legend the kinds of vehicles that this morning has not. */
function hideKeys(worlds) {
  const seen = new Set(worlds.flatMap((world) => world.roles));
  for (const role of ["family", "taxi", "through", "bus", "heavy", "two_wheeler"]) {
    document.querySelector(`canvas[data-key="${role}"]`).parentElement.hidden = !seen.has(role);
  }
  document.querySelector('canvas[data-key="area"]').parentElement.hidden = worlds.every((world) => !world.map.waiting_areas.length);
}

/** Draw the legend's pictures as the picture itself is drawn. */
function drawKeys() {
  const ratio = 2;
  for (const canvas of document.querySelectorAll("canvas[data-key]")) {
    const [width, height] = [Number(canvas.dataset.width ?? 30), 16];
    Object.assign(canvas, { width: width * ratio, height: height * ratio });
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { key } = canvas.dataset;
    if (key.startsWith("badge-")) drawBadge(context, Number(key.slice(6)), width / 2, height / 2, 7);
    else if (key === "walker") { context.fillStyle = WALKER; context.beginPath(); context.arc(width / 2, height / 2, 4, 0, 7); context.fill(); }
    else if (key.startsWith("delay-")) { context.fillStyle = DELAY_COLOURS[Number(key.slice(6))]; context.fillRect(0, 2, width, 12); }
    else if (key === "area") drawWaitingArea(context, width / 2, height / 2);
    else if (key === "tail") { context.strokeStyle = PAST_COLOUR; context.lineWidth = 3; context.setLineDash([5, 2]); context.beginPath(); context.moveTo(width / 2, 0); context.lineTo(width / 2, height); context.stroke(); }
    else if (key.startsWith("light-")) { const n = Number(key.slice(6)); context.fillStyle = LIGHT_COLOURS[n]; context.fillRect((width - LIGHT_DEPTH_PX[n] * 1.4) / 2, 2, LIGHT_DEPTH_PX[n] * 1.4, 12); }
    else if (key.startsWith("berth-")) { context.strokeStyle = "#4d5a68"; context.fillStyle = key === "berth-1" ? "#b1b6bd" : "#ffffff"; context.fillRect(2, 3, width - 4, 10); context.strokeRect(2, 3, width - 4, 10); }
    else {
      const long = { bus: 26, heavy: 26, two_wheeler: 8 }[key] ?? 16;
      const wide = { two_wheeler: 4, bus: 9, heavy: 9 }[key] ?? 8;
      context.translate(width / 2 + long / 2, height / 2);
      drawBody(context, key, DELAY_COLOURS[0], long, wide);
    }
  }
}

start().catch((error) => {
  document.getElementById("trouble").hidden = false;
  document.getElementById("trouble").textContent = say("trouble");
  console.error(error);
});
