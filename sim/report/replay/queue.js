/* Where the continuous queue on the approach to the gate ends. */

const HOLE_M = 25;
const LEAST_VEHICLES = 3;

/**
 * Find the queue's end. A queue is at least three vehicles below 5 km/h with holes of at most 25 m between them (stop and
 * go); it begins on the gate's link, and may go on over the junction before it. Who has stopped to set down a child
 * fills a hole but is no end. Several queues on the link: the one furthest back counts.
 * @returns {{tail: number, past: number, outside: number, x: number, y: number, turn: number} | null} how far [m] from
 *   the gate its end is, how far past the stop line of the junction before the gate's link (0 if not), how many more
 *   wait outside where it reaches the edge of the map, and where it ends
 */
function findQueue(world) {
  const pieces = world.arm.approach;
  if (!world.pieceOf) {
    world.pieceOf = new Int16Array(world.lanes.length).fill(-1);
    pieces.forEach((piece, n) => piece.lanes.forEach((lane) => { world.pieceOf[lane] = n; }));
    world.before = pieces.map((_, n) => pieces.flatMap((other, m) => (other.next === n ? [m] : [])));
  }
  const standing = pieces.map(() => []);
  for (let n = 0; n < world.hereCount; n++) {
    const v = world.here[n];
    const r = world.row[v];
    const piece = world.pieceOf[world.rows.lane[r]];
    if (piece < 0 || world.isOff(v) || world.speed(v) >= SLOW_M_S) continue;
    const front = pieces[piece].ahead_m + pieces[piece].length_m - world.rows.at[r] / 10;
    const stays = world.stateOf(v) !== DRIVING && world.stateOf(v) !== WAITING;
    if (front >= 0) standing[piece].push({ v, piece, front, rear: front + world.arm.vehicles.length_m[v], stays });
  }
  standing.forEach((of) => of.sort((a, b) => a.front - b.front));

  let best = null;
  /** Go back from a piece with a queue that has come so far. */
  const back = (n, queue) => {
    for (const who of standing[n]) {
      if (who.front - queue.rear > HOLE_M) {
        if (pieces[n].junctions > 0) return;
        queue = { rear: who.rear, count: 0, end: null };
      }
      queue = { rear: Math.max(queue.rear, who.rear), count: queue.count + (who.stays ? 0 : 1), end: who.stays ? queue.end : who };
      if (queue.end && queue.count >= LEAST_VEHICLES && (!best || queue.end.rear > best.rear)) best = queue.end;
    }
    for (const m of world.before[n]) {
      const begin = pieces[m].ahead_m;
      const beyond = pieces[m].junctions > 0;
      if (!beyond || begin - queue.rear <= HOLE_M) back(m, queue);
    }
  };
  if (pieces.length) back(0, { rear: -Infinity, count: 0, end: null });
  if (!best) return null;
  const lane = world.rows.lane[world.row[best.v]];
  const at = world.rows.at[world.row[best.v]] / 10 - world.arm.vehicles.length_m[best.v];
  const edge = pieces[best.piece].ahead_m + pieces[best.piece].length_m - best.rear < HOLE_M;
  const outside = edge ? pieces[best.piece].lanes.reduce((sum, n) => sum + (world.outside.get(n) ?? 0), 0) : 0;
  return { tail: best.rear, past: pastJunction(pieces, best), outside, ...pointOn(world.lanes[lane], Math.max(at, 0)) };
}

/** Return how far [m] a vehicle's rear is past the stop line before the junction at the start of the gate's link. */
function pastJunction(pieces, who) {
  let n = who.piece;
  if (pieces[n].junctions === 0) return 0;
  while (pieces[pieces[n].next].junctions > 0) n = pieces[n].next;
  return Math.max(who.rear - pieces[n].ahead_m - pieces[n].length_m, 0);
}
