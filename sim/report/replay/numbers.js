/* The numbers beside the picture, at a moment. */

const TEN_MINUTES_S = 600;

/** Return how many of a sorted column are at most `t`. */
function countUpTo(sorted, t) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= t) low = middle + 1; else high = middle;
  }
  return low;
}

/** Return an arm's KPIs as they stand at the world's moment. */
function readKpis(world) {
  const { kpis } = world.arm;
  const t = world.now;
  let [done, spent] = [0, 0];
  for (let n = 0; n < kpis.family_due.length; n++) {
    if (kpis.family_done[n] <= t) {
      done++;
      spent += kpis.family_done[n] - kpis.family_due[n];
    }
  }
  const to = countUpTo(kpis.past_out, t);
  const from = countUpTo(kpis.past_out, t - TEN_MINUTES_S);
  let passing = 0;
  for (let n = from; n < to; n++) passing += kpis.past_out[n] - kpis.past_due[n];
  const at = Math.max(countUpTo(kpis.series_s, t) - 1, 0);
  const total = (many) => [...many.values()].reduce((sum, n) => sum + n, 0);
  return {
    done, families: kpis.family_due.length, family_s: spent / done,
    past: to - from, past_s: passing / (to - from),
    queue: kpis.queue_gate_veh[at] ?? 0,
    tail: findQueue(world),
    outside: total(world.outside),
    away: total(world.away),
    berths: world.berths.taken.reduce((sum, n) => sum + n, 0),
    berthsOf: world.berths.all.length,
  };
}

/** The rows of the table of KPIs: a word's key, and how to write an arm's value. */
const KPI_ROWS = [
  ["kpi.families", (k) => say("kpi.of", { done: k.done, of: k.families })],
  ["kpi.family_time", (k) => minutes(k.family_s)],
  ["kpi.past", (k) => String(k.past)],
  ["kpi.past_time", (k) => minutes(k.past_s)],
  ["kpi.queue", (k) => String(k.queue)],
  ["kpi.tail", (k) => (k.tail ? say("metres", { m: Math.round(k.tail.tail) }) : "–")],
  ["kpi.past_junction", (k) => (k.tail && k.tail.past > 0 ? say("metres", { m: Math.round(k.tail.past) }) : "–")],
  ["kpi.outside", (k) => String(k.outside)],
  ["kpi.berths", (k) => say("kpi.of", { done: k.berths, of: k.berthsOf })],
  ["kpi.away", (k) => String(k.away)],
];
