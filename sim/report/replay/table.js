/* The same in a table: the KPIs of the moment shown, and the vehicles near the gate; for screen readers and for counting. */

const NEAR_GATE_M = 100;
const COLUMNS = ["near.who", "near.role", "near.state", "near.distance", "near.speed", "near.delay"];

/** Return the vehicles within 100 m of the gate, nearest first. */
function nearGate(world) {
  const [gx, gy] = world.map.gate.point;
  const found = [];
  for (let n = 0; n < world.hereCount; n++) {
    const v = world.here[n];
    const far = Math.hypot(world.x[v] - gx, world.y[v] - gy);
    if (far <= NEAR_GATE_M) found.push({ v, far });
  }
  return found.sort((a, b) => a.far - b.far);
}

function fillNear(table, world, key) {
  const near = nearGate(world);
  const caption = element("caption", say("near.caption", { arm: say(key), n: near.length, m: NEAR_GATE_M }));
  const head = element("thead");
  const titles = element("tr");
  titles.append(...COLUMNS.map((column) => Object.assign(element("th", say(column)), { scope: "col" })));
  head.append(titles);
  const body = element("tbody");
  for (const { v, far } of near) {
    const row = element("tr");
    row.append(Object.assign(element("th", world.names[v]), { scope: "row" }));
    const cells = [sayRole(world, v), sayState(world, v), say("metres", { m: Math.round(far) }),
      say("km_h", { v: Math.round(world.speed(v) * 3.6) }), minutes(Math.max(world.delay(v), 0))];
    row.append(...cells.map((text) => element("td", text)));
    body.append(row);
  }
  table.replaceChildren(caption, head, body);
}

/** Fill the table view for the moment shown. */
function showTables(worlds, kpis, time) {
  const numbers = document.getElementById("table-kpis");
  showKpis(numbers, kpis);
  numbers.createCaption().textContent = say("table.caption", { time: clockTime(time) });
  worlds.forEach((world, n) => fillNear(document.getElementById(`near-${ARM_KEYS[n]}`), world, ARM_KEYS[n]));
}
