/* What is said in the picture: lights, gate, queue's end, who waits outside, remote parking, the chosen one. */

const LIGHT_COLOURS = ["#00795a", "#e0a100", "#c81e1e"];
const LIGHT_DEPTH_PX = [2, 3.5, 5];
/** [px/m] below which labels are short, for there is little room. */
const SHORT_BELOW = 1;
const HALF_LANE_M = 1.75;
const PAST_COLOUR = "#7a1fa2";

/** Puts labels so that none covers another: each moves down, then up, until there is room. */
class Labels {
  constructor(context, width, height) {
    Object.assign(this, { context, width, height, placed: [] });
  }

  /** Put a label beside a point: `out` is the direction in which it keeps a `gap` [px] from it. */
  put(text, x, y, { back = INK, front = "#ffffff", weight = 600, size = 11.5, out = [0, 0], gap = 0 } = {}) {
    const { context } = this;
    context.font = `${weight} ${size}px ${FONT}`;
    let w = context.measureText(text).width + 10;
    const h = size + 7;
    if (x < -w || y < -h || x > this.width + w || y > this.height + h) return;
    if (x < 0) text = `◂ ${text}`;
    if (x > this.width) text = `${text} ▸`;
    if (x < 0 || x > this.width) w = context.measureText(text).width + 10;
    x += out[0] * (gap + w / 2);
    y += out[1] * (gap + h / 2);
    const left = Math.min(Math.max(x - w / 2, 2), this.width - w - 2);
    const free = (top) => top >= 2 && top + h <= this.height - 2 &&
      this.placed.every((p) => left >= p.left + p.w || left + w <= p.left || top >= p.top + p.h || top + h <= p.top);
    const first = Math.min(Math.max(y - h / 2, 2), this.height - h - 2);
    const tries = [0, 1, -1, 2, -2, 3, -3, 4, -4].map((n) => first + n * (h + 2));
    const top = tries.find(free) ?? first;
    this.placed.push({ left, top, w, h });
    context.fillStyle = back;
    context.beginPath();
    context.roundRect(left, top, w, h, 4);
    context.fill();
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1;
    context.stroke();
    context.fillStyle = front;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(text, left + 5, top + h / 2 + 0.5);
  }
}

/** Note the lights' colours by lane as they are now. */
function lightsNow(world) {
  const { lights } = world.arm;
  if (!world.lit || world.litAt > world.now) Object.assign(world, { lit: new Map(), litNext: 0 });
  world.litAt = world.now;
  while (world.litNext < lights.s.length && lights.s[world.litNext] <= world.now) {
    world.lit.set(lights.lane[world.litNext], lights.light[world.litNext]);
    world.litNext++;
  }
  return world.lit;
}

/** Draw a bar at each stop line, a slice for each way over the junction: thick for red, thin for green. */
function drawLights(context, world, view, width, height) {
  const slices = new Map();
  for (const [n, light] of lightsNow(world)) {
    const lane = world.lanes[n];
    const key = `${Math.round(lane.x[0])},${Math.round(lane.y[0])}`;
    if (!slices.has(key)) slices.set(key, { x: lane.x[0], y: lane.y[0], turn: lane.stopTurn, of: [] });
    slices.get(key).of.push(light);
  }
  for (const { x, y, turn, of } of slices.values()) {
    const [px, py] = onScreen(view, width, height, x, y);
    if (px < -20 || py < -20 || px > width + 20 || py > height + 20) continue;
    const across = Math.max(3.2 * view.scale, 5) / of.length;
    context.save();
    context.translate(px, py);
    context.rotate(-turn);
    of.forEach((light, n) => {
      context.fillStyle = LIGHT_COLOURS[light];
      const depth = LIGHT_DEPTH_PX[light] * Math.min(Math.max(view.scale / 1.5, 0.6), 2.2);
      context.fillRect(-depth, (n - of.length / 2) * across, depth, across - 0.4);
    });
    context.restore();
  }
}

/** Fill the berths in which somebody stands, and leave the free ones white. */
function drawTaken(context, world, view, width, height, ratio) {
  inMetres(context, view, width, height, ratio);
  context.fillStyle = "rgba(60,72,88,0.38)";
  world.berths.all.forEach((berth, n) => {
    if (!world.berths.taken[n]) return;
    trace(context, berth.area);
    context.fill();
  });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}

function drawTail(context, labels, tail, side, view, width, height) {
  if (!tail) return;
  const [x, y] = onScreen(view, width, height, tail.x, tail.y);
  const reach = Math.max(7 * view.scale, 14);
  const [ax, ay] = [Math.sin(tail.turn) * reach, Math.cos(tail.turn) * reach];
  context.strokeStyle = PAST_COLOUR;
  context.lineWidth = 3;
  context.setLineDash([6, 3]);
  context.beginPath();
  context.moveTo(x - ax, y - ay);
  context.lineTo(x + ax, y + ay);
  context.stroke();
  context.setLineDash([]);
  const short = view.scale < SHORT_BELOW ? ".short" : "";
  const key = tail.outside > 0 ? "mark.edge" : tail.past > 0 ? "mark.past" : "mark.tail";
  const text = say(`${key}${short}`, { m: Math.round(tail.past > 0 ? tail.past : tail.tail), n: tail.outside });
  const out = [side * Math.sin(tail.turn), side * Math.cos(tail.turn)];
  labels.put(text, x + side * ax, y + side * ay, { back: PAST_COLOUR, out, gap: 3 });
}

function drawSigns(context, labels, world, view, width, height) {
  const at = (point) => onScreen(view, width, height, point[0], point[1]);
  const short = view.scale < SHORT_BELOW ? ".short" : "";
  const gate = at(world.map.gate.point);
  const [dx, dy] = at(world.gateLanePoint).map((v, n) => gate[n] - v);
  const far = Math.hypot(dx, dy) || 1;
  for (const area of world.map.waiting_areas) drawWaitingArea(context, ...at(area.point), view.scale < SHORT_BELOW ? 3 : 5);
  drawGate(context, ...gate, Math.atan2(dy, dx));
  labels.put(say("mark.gate"), ...gate, { back: "#ffffff", front: INK, weight: 700, out: [dx / far, dy / far], gap: 15 });
  world.map.remote_parking.forEach((spot, n) => {
    const turn = world.remoteTurns[n];
    const out = [world.side * Math.sin(turn), world.side * Math.cos(turn)];
    labels.put(say(`mark.remote${short}`, { n: world.away.get(n) ?? 0 }), ...at(spot.point), { back: "#0b4f8a", out, gap: 5 });
  });
  for (const [lane, count] of world.outside) {
    const line = world.lanes[lane];
    const turn = line.turn[0];
    const out = [world.side * Math.sin(turn), world.side * Math.cos(turn)];
    const gap = (HALF_LANE_M + 0.5) * view.scale + 4;
    labels.put(say(`mark.outside${short}`, { n: count }), ...at([line.x[0], line.y[0]]), { back: "#8a1c1c", out, gap });
  }
}

/** A green square with a rim: where children wait. */
function drawWaitingArea(context, x, y, r = 5) {
  context.fillStyle = "#dff0e4";
  context.strokeStyle = WALKER;
  context.lineWidth = 2;
  context.fillRect(x - r, y - r, 2 * r, 2 * r);
  context.strokeRect(x - r, y - r, 2 * r, 2 * r);
}

/** A dark arrow away from the street, into the school. */
function drawGate(context, x, y, turn) {
  context.save();
  context.translate(x, y);
  context.rotate(turn);
  context.fillStyle = INK;
  context.beginPath();
  [[3, -7], [13, 0], [3, 7]].forEach(([px, py]) => context.lineTo(px, py));
  context.fill();
  context.restore();
}

/** Ring the chosen vehicle. */
function drawChosen(context, world, v, view, width, height) {
  if (v < 0 || world.row[v] < 0 || Number.isNaN(world.x[v])) return;
  const half = world.arm.vehicles.length_m[v] / 2;
  const [x, y] = onScreen(view, width, height, world.x[v] - half * Math.cos(world.turn[v]), world.y[v] - half * Math.sin(world.turn[v]));
  const r = Math.max((half + 1.5) * view.scale, 11);
  for (const [colour, wide] of [["#ffffff", 6], ["#c2007a", 3]]) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.beginPath();
    context.arc(x, y, r, 0, 7);
    context.stroke();
  }
}
