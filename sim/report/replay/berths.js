/* Places at the curb: how far beside the lane they are, and which are taken. */

const LEFT_ALONE_M = 3.05;
const BERTH_REACH_M = 4.5;

class Berths {
  constructor(world) {
    this.world = world;
    this.known = new Map();
    this.all = world.map.zones.flatMap((zone) => zone.berths.map((area) => ({ zone, area, ...middle(area) })));
    this.taken = new Uint8Array(this.all.length);
  }

  /** Return how far [m] beside a lane somebody stands who is off it, at a distance [0.1 m] from its start. */
  aside(lane, at) {
    const key = lane * 100000 + at;
    if (!this.known.has(key)) this.known.set(key, this.findAside(lane, at));
    return this.known.get(key);
  }

  findAside(lane, at) {
    const { world } = this;
    const link = world.map.lanes[lane].link;
    const { x, y } = pointOn(world.lanes[lane], at / 10);
    let [aside, nearest] = [LEFT_ALONE_M, Infinity];
    for (const berth of this.all) {
      const far = Math.hypot(berth.x - x, berth.y - y);
      if (berth.zone.link === link && berth.zone.kind !== "in_lane" && far < nearest) {
        [aside, nearest] = [berth.zone.aside_m, far];
      }
    }
    return aside;
  }

  /** Note which berths somebody stands in. */
  look() {
    const { world } = this;
    this.taken.fill(0);
    for (let n = 0; n < world.hereCount; n++) {
      const v = world.here[n];
      const state = world.stateOf(v);
      if (state !== IN_LANE && !world.isOff(v)) continue;
      const half = world.arm.vehicles.length_m[v] / 2;
      const [x, y] = [world.x[v] - half * Math.cos(world.turn[v]), world.y[v] - half * Math.sin(world.turn[v])];
      let [best, nearest] = [-1, BERTH_REACH_M];
      this.all.forEach((berth, b) => {
        const far = Math.hypot(berth.x - x, berth.y - y);
        if ((berth.zone.kind === "in_lane") === (state === IN_LANE) && far < nearest) [best, nearest] = [b, far];
      });
      if (best >= 0) this.taken[best] = 1;
    }
  }
}

/** Return the middle of an area given by its corners. */
function middle(area) {
  const sum = area.reduce(([x, y], point) => [x + point[0], y + point[1]], [0, 0]);
  return { x: sum[0] / area.length, y: sum[1] / area.length };
}
