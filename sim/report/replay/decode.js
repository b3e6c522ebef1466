/* From the block of bytes in the page to arrays: the reverse of pack.py, motion.py and streams.py. */

const [LATER, ELSEWHERE, OTHERWISE] = [1, 2, 4];
const GONE = -1;

/** Reads signed LEB128 numbers one after the other. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  next() {
    const { bytes } = this;
    let byte = bytes[this.at++];
    let folded = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = bytes[this.at++];
      folded |= (byte & 127) << shift;
    }
    return (folded >>> 1) ^ -(folded & 1);
  }

  /** Return all numbers that are left. */
  all() {
    let size = 0;
    for (let n = this.at; n < this.bytes.length; n++) size += this.bytes[n] < 128 ? 1 : 0;
    return Int32Array.from({ length: size }, () => this.next());
  }
}

/** Undo `steps`: each number is told as the difference from the one before. */
function summed(steps) {
  for (let n = 1; n < steps.length; n++) steps[n] += steps[n - 1];
  return steps;
}

/** Undo `moments`: seconds after the start, NaN for never. */
function moments(tenths) {
  return Float64Array.from(tenths, (v) => (v === 0 ? NaN : (v - 1) / 10));
}

/** Unpack the recording in the page: `{pair, seed, states, components, arms}`. */
async function unpack() {
  const holder = document.getElementById("recording");
  const zipped = Uint8Array.from(atob(holder.textContent.trim()), (c) => c.charCodeAt(0));
  holder.textContent = "";
  const unzipped = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(unzipped).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const body = bytes.subarray(4 + length);
  for (const arm of header.arms) {
    const reader = (name) => new Reader(body.subarray(arm.streams[name][0], arm.streams[name][0] + arm.streams[name][1]));
    const column = (name) => reader(name).all();
    arm.motion = unpackMotion(arm, reader);
    arm.trips = unpackTrips(arm, column, header.components);
    arm.lights = { s: moments(summed(column("light_s"))), lane: column("light_lane"), light: column("light") };
    arm.walks = unpackWalks(column);
    arm.kpis = unpackKpis(column);
  }
  return header;
}

/**
 * Unpack the trajectories: for each vehicle the rows `begins[v]` to `begins[v + 1]`, in each of them since when [s]
 * it stands in which lane, where [0.1 m], in which state (`states.length` more where it is off the lane), how far it
 * came since the row before [0.1 m], and how long its way so far takes at the speed that it wishes for [s].
 */
function unpackMotion(arm, reader) {
  const counts = reader("rows").all();
  const begins = new Int32Array(counts.length + 1);
  counts.forEach((count, v) => { begins[v + 1] = begins[v] + count; });
  const size = begins[counts.length];
  const rows = { begins, s: new Int32Array(size), lane: new Int16Array(size), at: new Int32Array(size),
    state: new Uint8Array(size), on: new Int32Array(size), free: new Float32Array(size) };
  const [what, later, elsewhere, otherwise, surprise] =
    ["what", "later", "elsewhere", "otherwise", "surprise"].map(reader);
  const limits = arm.map.lanes.map((lane) => lane.limit_m_s * 10);
  for (let v = 0; v < counts.length; v++) {
    const factor = arm.vehicles.speed_factor[v];
    let [s, lane, at, state, on, free] = [0, GONE, 0, 1, 0, 0];
    for (let row = begins[v]; row < begins[v + 1]; row++) {
      const told = what.next();
      const after = told & LATER ? later.next() : 1;
      let leads = 0;
      const from = lane;
      s += after;
      if (told & ELSEWHERE) [, lane, leads] = arm.changes[elsewhere.next()];
      if (told & OTHERWISE) state = otherwise.next();
      on = (row === begins[v] || after !== 1 || lane === GONE ? 0 : on) + surprise.next();
      at = lane === GONE ? 0 : at + on - leads;
      if (on > 0 && lane !== GONE) {
        const here = leads > 0 ? Math.min(at, on) : on;
        free += (here / limits[lane] + (on > here ? (on - here) / limits[from] : 0)) / factor;
      }
      rows.s[row] = s;
      rows.lane[row] = lane;
      rows.at[row] = at;
      rows.state[row] = state;
      rows.on[row] = on;
      rows.free[row] = free;
    }
  }
  return rows;
}

function unpackTrips(arm, column, components) {
  const trips = { rounds: column("rounds") };
  for (const name of ["scheduled_s", "entered_s", "left_s", "section_in_s", "section_out_s", "free_flow_s"]) {
    trips[name] = moments(column(name));
  }
  for (const name of Object.keys(arm.words)) trips[name] = column(name);
  trips.stay = new Map(Array.from(summed(column("stays")), (vehicle, n) => [vehicle, n]));
  trips.components = components.map((name) => moments(column(`${name}_s`)));
  return trips;
}

function unpackWalks(column) {
  const from = moments(summed(column("walk_s")));
  const to = Float64Array.from(column("walk_for"), (tenths, n) => from[n] + tenths / 10);
  const [fromX, fromY, toX, toY] = ["from_x", "from_y", "to_x", "to_y"].map((n) => Float64Array.from(column(n), (v) => v / 10));
  return { from, to, of: column("walk_of"), fromX, fromY, toX, toY };
}

function unpackKpis(column) {
  const kpis = { series_s: moments(summed(column("series_s"))) };
  for (const name of ["family_due", "family_done", "past_due", "past_out"]) kpis[name] = moments(column(name));
  for (const name of ["queue_gate_veh", "outside_veh", "on_road_veh", "school_veh"]) kpis[name] = summed(column(name));
  return kpis;
}
