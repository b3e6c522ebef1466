/* What part of the map is seen: one view for both worlds, so that the same place is compared. */

const ZOOM_STEP = 1.4;
const [LEAST_SCALE, MOST_SCALE] = [0.1, 40];
const MARGIN_M = 22;
const BEYOND_GATE_M = 190;
const BEYOND_JUNCTION_M = 45;
/** [m] from the gate up to which the junction before it is shown with it; if it is further off, this much is shown. */
const [MOST_AHEAD_M, LESS_AHEAD_M] = [300, 180];

class View {
  constructor() {
    Object.assign(this, { x: 0, y: 0, scale: 1, revision: 0 });
  }

  /** Show a box [m] in a canvas of a size [px]. */
  fit([left, bottom, right, top], width, height) {
    const scale = Math.min(width / (right - left), height / (top - bottom));
    this.set((left + right) / 2, (bottom + top) / 2, scale);
  }

  set(x, y, scale) {
    this.x = x;
    this.y = y;
    this.scale = Math.min(Math.max(scale, LEAST_SCALE), MOST_SCALE);
    this.revision++;
  }

  /** Zoom so that the point of the map under (px, py), counted from the canvas's middle, stays there. */
  zoom(factor, px = 0, py = 0) {
    const scale = Math.min(Math.max(this.scale * factor, LEAST_SCALE), MOST_SCALE);
    const change = 1 / this.scale - 1 / scale;
    this.set(this.x + px * change, this.y - py * change, scale);
  }

  pan(px, py) { this.set(this.x - px / this.scale, this.y + py / this.scale, this.scale); }
}

/** Return the box [left, bottom, right, top] around points, with a margin. */
function boxAround(points) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x - MARGIN_M);
    box[1] = Math.min(box[1], y - MARGIN_M);
    box[2] = Math.max(box[2], x + MARGIN_M);
    box[3] = Math.max(box[3], y + MARGIN_M);
  }
  return box;
}

const wholeMap = (world) => boxAround(world.map.links.flatMap((link) => link.outline));

/** Return the box of the gate's link and the junction before it: where the story is told. */
function gateBox(world) {
  const points = [world.map.gate.point];
  const junction = junctionAhead(world) + BEYOND_JUNCTION_M;
  const reach = junction <= MOST_AHEAD_M ? junction : LESS_AHEAD_M;
  for (const piece of world.arm.approach) {
    for (const lane of piece.lanes) {
      for (let at = 0; at <= piece.length_m; at += 5) {
        const ahead = piece.ahead_m + piece.length_m - at;
        if (piece.junctions > 1 || ahead < -BEYOND_GATE_M || ahead > reach) continue;
        const { x, y } = pointOn(world.lanes[lane], at);
        points.push([x, y]);
      }
    }
  }
  return boxAround(points);
}

function junctionAhead(world) {
  const beyond = world.arm.approach.find((piece) => piece.junctions === 1);
  return beyond ? beyond.ahead_m : Infinity;
}

/** Return whether both worlds are better seen one above the other than side by side. */
function isStacked([left, bottom, right, top], width, height) {
  const [w, h] = [right - left, top - bottom];
  const beside = Math.min(width / 2 / w, height / h);
  const above = Math.min(width / w, height / 2 / h);
  return width < 640 || above >= beside;
}
