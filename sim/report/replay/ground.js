/* What stands still: streets, lanes, crossings, berths, railings, names; drawn once for each view. */

/** [m] wide: a way over a junction. */
const WAY_OVER_M = 3.2;
const INK = "#1c2127";
const PAPER = "#f3f1ea";
const ROAD = "#d3d7dd";
const PAINT = "#ffffff";
const EDGE = "#a5abb5";
const FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

/** Let a context count in metres of the map, y upward. */
function inMetres(context, view, width, height, ratio) {
  const k = view.scale * ratio;
  context.setTransform(k, 0, 0, -k, ratio * width / 2 - k * view.x, ratio * height / 2 + k * view.y);
}

/** Return the point on the canvas [px] of a point on the map [m]. */
function onScreen(view, width, height, x, y) {
  return [(x - view.x) * view.scale + width / 2, (view.y - y) * view.scale + height / 2];
}

function trace(context, points, close = true) {
  context.beginPath();
  points.forEach(([x, y], n) => (n ? context.lineTo(x, y) : context.moveTo(x, y)));
  if (close) context.closePath();
}

function drawGround(context, world, view, width, height, ratio) {
  const { map } = world;
  const hair = 1 / view.scale;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = PAPER;
  context.fillRect(0, 0, width, height);
  inMetres(context, view, width, height, ratio);
  context.lineJoin = "round";
  context.strokeStyle = EDGE;
  context.lineWidth = 2 * hair;
  for (const link of map.links) { trace(context, link.outline); context.stroke(); }
  context.lineCap = "butt";
  drawSurface(context, world, EDGE, 2 * hair);
  context.fillStyle = ROAD;
  for (const link of map.links) { trace(context, link.outline); context.fill(); }
  drawSurface(context, world, ROAD, 0);
  drawLaneLines(context, world, hair);
  drawCentreLines(context, map, hair);
  for (const crossing of map.crossings) crossing.areas.forEach((area) => drawZebra(context, area));
  for (const zone of map.zones) for (const area of zone.berths) drawBerth(context, zone, area, hair);
  context.strokeStyle = "#5d4a1f";
  context.lineWidth = Math.max(0.5, 2.5 * hair);
  context.setLineDash([2.5, 0.7]);
  for (const rail of map.guardrails) { trace(context, rail.line, false); context.stroke(); }
  context.setLineDash([]);
  drawNames(context, world, view, width, height, ratio);
}

/** The surface of each lane and way over a junction: turn pockets and curves lie beyond the outlines of the links. */
function drawSurface(context, world, colour, wider) {
  context.strokeStyle = colour;
  world.map.lanes.forEach(({ kind, width_m }, n) => {
    if (kind === "over" || kind === "crossing" || (wider > 0 && kind === "movement")) return;
    const { x, y } = world.lanes[n];
    context.lineWidth = (width_m ?? WAY_OVER_M) + wider;
    context.beginPath();
    x.forEach((at, p) => (p ? context.lineTo(at, y[p]) : context.moveTo(at, y[p])));
    context.stroke();
  });
}

/** Dashes between lanes that run the same way. */
function drawLaneLines(context, world, hair) {
  context.strokeStyle = PAINT;
  context.lineWidth = Math.max(0.18, 0.8 * hair);
  context.setLineDash([3, 4]);
  context.beginPath();
  world.map.lanes.forEach((told, n) => {
    if (told.kind !== "lane" || told.number === 0) return;
    const lane = world.lanes[n];
    const aside = (told.width_m / 2) * world.side;
    for (let p = 0; p < lane.x.length; p++) {
      const turn = lane.turn[Math.min(p, lane.turn.length - 1)];
      const [x, y] = [lane.x[p] + aside * Math.sin(turn), lane.y[p] - aside * Math.cos(turn)];
      if (p) context.lineTo(x, y); else context.moveTo(x, y);
    }
  });
  context.stroke();
  context.setLineDash([]);
}

/** The line between the two directions: the inner edge of each link's outline. */
function drawCentreLines(context, map, hair) {
  context.strokeStyle = "#f0c23c";
  context.lineWidth = Math.max(0.16, 0.9 * hair);
  const ways = new Map(map.lanes.filter((lane) => lane.kind === "lane").map((lane) => [lane.link, lane]));
  for (const link of map.links) {
    if (!ways.has(link.id)) continue;
    const inner = link.outline.slice(0, link.outline.length / 2);
    trace(context, inner, false);
    context.stroke();
  }
}

/** Stripes along the way of the cars. */
function drawZebra(context, [a, b, c, d]) {
  const stripes = Math.max(Math.round(Math.hypot(d[0] - a[0], d[1] - a[1])), 2);
  const point = (from, to, part) => [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
  context.fillStyle = PAINT;
  for (let n = 0; n < stripes; n++) {
    const [from, to] = [(n + 0.2) / stripes, (n + 0.75) / stripes];
    trace(context, [point(a, d, from), point(b, c, from), point(b, c, to), point(a, d, to)]);
    context.fill();
  }
}

function drawBerth(context, zone, area, hair) {
  trace(context, area);
  context.fillStyle = zone.kind === "in_lane" ? "rgba(255,255,255,0.35)" : "#ffffff";
  context.fill();
  context.strokeStyle = "#4d5a68";
  context.lineWidth = Math.max(0.1, 0.9 * hair);
  context.setLineDash(zone.kind === "in_lane" ? [1.2, 1] : []);
  context.stroke();
  context.setLineDash([]);
}

/** The names of streets, each once, along its longest link; none over another. */
function drawNames(context, world, view, width, height, ratio) {
  const longest = new Map();
  world.map.lanes.forEach((told, n) => {
    const name = told.kind === "lane" && told.number === 0 ? world.linkNames.get(told.link) : "";
    if (name && (!longest.has(name) || told.length_m > longest.get(name).length)) longest.set(name, { n, length: told.length_m });
  });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.font = `12px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const placed = [];
  for (const [name, { n, length }] of longest) {
    if (context.measureText(name).width > length * view.scale) continue;
    const at = pointOn(world.lanes[n], length / 2);
    const aside = (8 + 13 / view.scale) * world.side;
    const [x, y] = onScreen(view, width, height, at.x + aside * Math.sin(at.turn), at.y - aside * Math.cos(at.turn));
    if (placed.some(([px, py]) => Math.hypot(px - x, py - y) < 60)) continue;
    placed.push([x, y]);
    const turn = Math.atan(Math.tan(-at.turn));
    context.setTransform(ratio * Math.cos(turn), ratio * Math.sin(turn), -ratio * Math.sin(turn), ratio * Math.cos(turn), ratio * x, ratio * y);
    context.lineWidth = 3;
    context.strokeStyle = PAPER;
    context.strokeText(name, 0, 0);
    context.fillStyle = "#4a525c";
    context.fillText(name, 0, 0);
  }
}
