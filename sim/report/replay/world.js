/* One of the two mornings: who is where at a moment. Everything that is drawn or listed is read from here. */

const [OUTSIDE, DRIVING, WAITING, MANOEUVRING, IN_BERTH, IN_LANE, DOUBLE_PARKED, PARKED_AWAY, TURNING] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const SLOW_M_S = 5 / 3.6;
const REMOTE_REACH_M = 60;

class World {
  /** @param {object} arm an arm as unpacked  @param {string[]} states names of the states */
  constructor(arm, states) {
    Object.assign(this, { arm, states, map: arm.map, rows: arm.motion, trips: arm.trips, names: arm.vehicles.traveller });
    this.size = this.names.length;
    this.off = states.length;
    this.side = arm.map.traffic_side === "left" ? -1 : 1;
    this.number = new Map(this.names.map((name, v) => [name, v]));
    this.lanes = arm.map.lanes.map((lane) => layLane(lane));
    straighten(arm.map.lanes, this.lanes);
    this.berths = new Berths(this);
    this.roles = this.names.map((_, v) => this.role(v));
    this.linkNames = new Map(arm.map.links.map((link) => [link.id, link.name]));
    const gate = arm.approach[0]?.lanes[0];
    this.gateLanePoint = gate === undefined ? arm.map.gate.point : nearestOn(this.lanes[gate], arm.map.gate.point);
    this.remoteTurns = arm.map.remote_parking.map((spot) => this.turnAt(spot));
    this.now = NaN;
    /* By vehicle: its row, or -1 while it is not there; where its front is [m], and the direction [rad]. */
    this.row = new Int32Array(this.size).fill(-1);
    this.x = new Float64Array(this.size);
    this.y = new Float64Array(this.size);
    this.turn = new Float64Array(this.size);
    /* Who is on the map now: `here[0 .. hereCount - 1]`. */
    this.here = new Int32Array(this.size);
    this.hereCount = 0;
    /* How many wait outside, by the entry's lane; how many are parked away, by the number of the remote parking. */
    this.outside = new Map();
    this.away = new Map();
  }

  /** Return the direction [rad] of a link at a place on it. */
  turnAt({ link, at_m }) {
    const n = this.map.lanes.findIndex((lane) => lane.kind === "lane" && lane.link === link && lane.from_m + lane.length_m >= at_m);
    return n < 0 ? 0 : pointOn(this.lanes[n], at_m - this.map.lanes[n].from_m).turn;
  }

  /** Return the number of the remote parking on a lane's link that is nearest to a distance [0.1 m] on it. */
  remoteAt(lane, at) {
    const { link, from_m } = this.map.lanes[lane];
    const far = (spot) => (spot.link === link ? 0 : 1e6) + Math.abs(spot.at_m - from_m - at / 10);
    const spots = this.map.remote_parking;
    return spots.reduce((best, spot, n) => (far(spot) < far(spots[best]) ? n : best), 0);
  }

  /** Place everybody as they are `t` seconds after the start; between two seconds, between the two places. */
  place(t) {
    if (t === this.now) return;
    this.now = t;
    const { rows, row, off } = this;
    const second = Math.floor(t + 1e-6);
    const part = Math.max(t - second, 0);
    this.hereCount = 0;
    this.outside.clear();
    this.away.clear();
    for (let v = 0; v < this.size; v++) {
      const end = rows.begins[v + 1];
      const r = this.rowAt(v, second, end);
      row[v] = r;
      if (r < 0) continue;
      const lane = rows.lane[r];
      if (lane === GONE) {
        row[v] = -1;
        continue;
      }
      const state = rows.state[r] % off;
      if (state === OUTSIDE || state === PARKED_AWAY) {
        const many = state === OUTSIDE ? this.outside : this.away;
        const where = state === OUTSIDE ? lane : this.remoteAt(lane, rows.at[r]);
        many.set(where, (many.get(where) ?? 0) + 1);
        this.x[v] = this.y[v] = NaN;
        continue;
      }
      this.pose(v, r);
      if (part > 0 && r + 1 < end && rows.s[r + 1] === second + 1) this.blend(v, r, part);
      this.here[this.hereCount++] = v;
    }
  }

  /** Return the row that holds for a vehicle at a whole second, -1 before its first. */
  rowAt(v, second, end) {
    const { s, begins } = this.rows;
    let r = this.row[v];
    if (begins[v] === end || s[begins[v]] > second) return -1;
    if (r < 0 || s[r] > second || (r + 8 < end && s[r + 8] <= second)) {
      let [low, high] = [begins[v], end];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (s[middle] <= second) low = middle; else high = middle;
      }
      return low;
    }
    while (r + 1 < end && s[r + 1] <= second) r++;
    return r;
  }

  /** Put a vehicle where a row says. */
  pose(v, r) {
    const { rows } = this;
    const lane = this.lanes[rows.lane[r]];
    const at = rows.at[r] / 10;
    const length = this.arm.vehicles.length_m[v];
    const piece = pieceAt(lane, Math.max(at - length / 2, 0));
    const front = pieceAt(lane, at);
    const along = at - lane.at[front];
    this.turn[v] = lane.turn[piece];
    this.x[v] = lane.x[front] + along * lane.dx[front];
    this.y[v] = lane.y[front] + along * lane.dy[front];
    if (rows.state[r] >= this.off) {
      const aside = this.berths.aside(rows.lane[r], rows.at[r]) * this.side;
      this.x[v] += aside * Math.sin(lane.turn[front]);
      this.y[v] -= aside * Math.cos(lane.turn[front]);
    }
  }

  /** Move a vehicle a part of the way to where it is a second later. */
  blend(v, r, part) {
    const { rows } = this;
    const state = rows.state[r + 1] % this.off;
    if (rows.lane[r + 1] === GONE || state === PARKED_AWAY || state === OUTSIDE) return;
    const [x, y, turn] = [this.x[v], this.y[v], this.turn[v]];
    this.pose(v, r + 1);
    if (Math.hypot(this.x[v] - x, this.y[v] - y) > REMOTE_REACH_M) [this.x[v], this.y[v]] = [x, y];
    this.x[v] = x + part * (this.x[v] - x);
    this.y[v] = y + part * (this.y[v] - y);
    const round = Math.atan2(Math.sin(this.turn[v] - turn), Math.cos(this.turn[v] - turn));
    this.turn[v] = turn + part * round;
  }

  stateOf(v) { return this.row[v] < 0 ? -1 : this.rows.state[this.row[v]] % this.off; }

  isOff(v) { return this.row[v] >= 0 && this.rows.state[this.row[v]] >= this.off; }

  /** Return the speed [m/s] over the last second. */
  speed(v) {
    const r = this.row[v];
    return r < 0 || this.rows.s[r] !== Math.floor(this.now + 1e-6) ? 0 : Math.max(this.rows.on[r], 0) / 10;
  }

  /** Return the delay so far [s]: time since it was due, minus what the same way takes at the speed wished for. */
  delay(v) { return this.now - this.trips.scheduled_s[v] - this.rows.free[this.row[v]]; }

  /** Return the way so far [m]. */
  driven(v) {
    let tenths = 0;
    for (let r = this.rows.begins[v]; r <= this.row[v]; r++) tenths += Math.max(this.rows.on[r], 0);
    return tenths / 10;
  }

  /** Return a word of a trip's columns: kind, mode, stop, zone, entry, exit. */
  word(name, v) { return this.arm.words[name][this.trips[name][v]]; }

  /** Return what a vehicle is to the eye: family, taxi, bus, heavy, two_wheeler or through. */
  role(v) {
    const kind = this.arm.vehicles.kind[v];
    if (kind !== "car") return kind;
    if (this.word("kind", v) !== "family") return "through";
    return this.word("mode", v) === "taxi" ? "taxi" : "family";
  }
}
