/* Who moves: vehicles by kind and delay, what they are doing, and people on foot. */

const DELAY_STEPS_S = [60, 180, 360, 720];
/** Blue for who is on time, then from light to dark: apart for the colour-blind and in grey. */
const DELAY_COLOURS = ["#3d8fd1", "#f2b632", "#ec6f1f", "#b81f3f", "#470a3e"];
const WIDTH_M = { car: 1.9, bus: 2.6, heavy: 2.6, two_wheeler: 0.9 };
const LEAST_WIDTH_PX = { car: 3, bus: 3.4, heavy: 3.4, two_wheeler: 1.8 };
/** [px] wide at least, to bear a mark. */
const MARKED_FROM_PX = 3.5;
const BADGES = new Set([WAITING, MANOEUVRING, IN_LANE, DOUBLE_PARKED, TURNING]);
const WALKER = "#0b6b4f";

function delayColour(delay_s) {
  let n = 0;
  while (n < DELAY_STEPS_S.length && delay_s >= DELAY_STEPS_S[n]) n++;
  return DELAY_COLOURS[n];
}

/**
 * Draw a vehicle whose front is at the origin and which looks along x; lengths in px.
 * Through traffic is plain; a family bears a white dot, a taxi a white bar; a bus a white stripe, a heavy vehicle a cab.
 */
function drawBody(context, role, colour, length, width) {
  context.fillStyle = colour;
  context.fillRect(-length, -width / 2, length, width);
  const own = (role === "family" || role === "taxi") && width >= MARKED_FROM_PX;
  context.strokeStyle = own ? "#000000" : "rgba(20,24,30,0.55)";
  context.lineWidth = own ? 1 : 0.6;
  context.strokeRect(-length, -width / 2, length, width);
  if (width < MARKED_FROM_PX) return;
  if (role === "family") {
    context.fillStyle = "#ffffff";
    context.beginPath();
    context.arc(-length / 2, 0, Math.max(width * 0.28, 1.1), 0, 7);
    context.fill();
  } else if (role === "taxi") {
    context.fillStyle = "#ffffff";
    const bar = Math.max(length * 0.16, 1.4);
    context.fillRect(-length / 2 - bar / 2, -width / 2, bar, width);
  } else if (role === "bus") {
    context.fillStyle = "#ffffff";
    context.fillRect(-length * 0.92, -width * 0.13, length * 0.84, width * 0.26);
  } else if (role === "heavy") {
    context.fillStyle = "#ffffff";
    context.fillRect(-length * 0.32, -width / 2, Math.max(length * 0.06, 1), width);
  }
}

function drawVehicles(context, world, view, width, height, ratio) {
  const k = view.scale;
  const edge = 20 * k;
  for (let n = 0; n < world.hereCount; n++) {
    const v = world.here[n];
    const [x, y] = onScreen(view, width, height, world.x[v], world.y[v]);
    if (x < -edge || y < -edge || x > width + edge || y > height + edge) continue;
    const kind = world.arm.vehicles.kind[v];
    const [cos, sin] = [Math.cos(world.turn[v]), -Math.sin(world.turn[v])];
    context.setTransform(ratio * cos, ratio * sin, -ratio * sin, ratio * cos, ratio * x, ratio * y);
    drawBody(context, world.roles[v], delayColour(world.delay(v)),
      Math.max(world.arm.vehicles.length_m[v] * k, 3.5), Math.max(WIDTH_M[kind] * k, LEAST_WIDTH_PX[kind]));
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}

/** Draw beside everybody who is not simply driving or parked what it is doing. */
function drawBadges(context, world, view, width, height) {
  if (view.scale < 0.8) return;
  const radius = Math.min(Math.max(view.scale * 1.5, 4.5), 9);
  for (let n = 0; n < world.hereCount; n++) {
    const v = world.here[n];
    const state = world.stateOf(v);
    if (!BADGES.has(state)) continue;
    const turn = world.turn[v];
    const half = world.arm.vehicles.length_m[v] / 2;
    const aside = (1.3 + radius / view.scale) * world.side;
    const [x, y] = onScreen(view, width, height, world.x[v] - half * Math.cos(turn) + aside * Math.sin(turn),
      world.y[v] - half * Math.sin(turn) - aside * Math.cos(turn));
    drawBadge(context, state, x, y, radius);
  }
}

/** A dark disc with a white sign: bar (stopped in the lane), cross (double-parked), arrows (manoeuvring), dots (waiting). */
function drawBadge(context, state, x, y, r) {
  context.fillStyle = INK;
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1;
  context.beginPath();
  context.arc(x, y, r, 0, 7);
  context.fill();
  context.stroke();
  context.lineWidth = Math.max(r * 0.28, 1.3);
  context.fillStyle = "#ffffff";
  const s = r * 0.5;
  const line = (...points) => {
    context.beginPath();
    points.forEach(([px, py], n) => (n ? context.lineTo(x + px, y + py) : context.moveTo(x + px, y + py)));
    context.stroke();
  };
  if (state === IN_LANE) context.fillRect(x - s, y - s * 0.4, 2 * s, 0.8 * s);
  else if (state === DOUBLE_PARKED) { line([-s, -s], [s, s]); line([-s, s], [s, -s]); }
  else if (state === MANOEUVRING) { line([-s, 0], [s, 0]); line([-s * 0.2, -s], [-s, 0], [-s * 0.2, s]); line([s * 0.2, -s], [s, 0], [s * 0.2, s]); }
  else if (state === WAITING) for (const d of [-1, 0, 1]) context.fillRect(x + d * s * 1.05 - 0.7, y - 0.8, 1.6, 1.6);
  else { line([-s, s], [-s, -s * 0.3], [0, -s], [s, -s * 0.3], [s, s]); }
}

/** Draw everybody on foot; who waits in one place is one dot with the number. */
function drawWalkers(context, world, view, width, height, chosen) {
  const { walks } = world.arm;
  const radius = Math.min(Math.max(view.scale * 0.5, view.scale < 1 ? 1.3 : 2), 6);
  const waiting = new Map();
  const end = countUpTo(walks.from, world.now);
  context.fillStyle = WALKER;
  context.beginPath();
  for (let n = 0; n < end; n++) {
    if (walks.to[n] <= world.now) continue;
    const part = (world.now - walks.from[n]) / (walks.to[n] - walks.from[n]);
    const wx = walks.fromX[n] + part * (walks.toX[n] - walks.fromX[n]);
    const wy = walks.fromY[n] + part * (walks.toY[n] - walks.fromY[n]);
    const [x, y] = onScreen(view, width, height, wx, wy);
    if (walks.fromX[n] === walks.toX[n] && walks.fromY[n] === walks.toY[n]) {
      const key = `${wx},${wy}`;
      waiting.set(key, { x, y, count: (waiting.get(key)?.count ?? 0) + 1 });
    }
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 7);
    if (chosen >= 0 && walks.of[n] === chosen) { context.moveTo(x + 7, y); context.arc(x, y, 7, 0, 7); }
  }
  context.fill();
  context.font = `600 10px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { x, y, count } of waiting.values()) {
    if (count < 2 || view.scale < 0.8) continue;
    context.fillStyle = WALKER;
    context.beginPath();
    context.arc(x, y, 7, 0, 7);
    context.fill();
    context.fillStyle = "#ffffff";
    context.fillText(String(count), x, y + 0.5);
  }
}
