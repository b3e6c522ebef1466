/* Lanes as lines on the map: where a distance along one of them is. */

/** Return a lane's line as arrays: distances, points and, for each piece, the direction. */
function layLane(lane) {
  const [at, x, y] = [0, 1, 2].map((n) => Float64Array.from(lane.line, (point) => point[n]));
  const pieces = Math.max(at.length - 1, 1);
  const [dx, dy, turn] = [0, 1, 2].map(() => new Float64Array(pieces));
  for (let n = 0; n + 1 < at.length; n++) {
    const length = at[n + 1] - at[n];
    const straight = Math.hypot(x[n + 1] - x[n], y[n + 1] - y[n]);
    turn[n] = straight > 1e-9 || n === 0 ? Math.atan2(y[n + 1] - y[n], x[n + 1] - x[n]) : turn[n - 1];
    if (length > 1e-9) [dx[n], dy[n]] = [(x[n + 1] - x[n]) / length, (y[n + 1] - y[n]) / length];
  }
  return { at, x, y, dx, dy, turn };
}

/**
 * Let who passes a crossing, or from a lane into a turn pocket, look ahead as in the lane before: they do not turn; and
 * note for every way over a junction or crossing in which direction its stop line is approached.
 */
function straighten(told, lanes) {
  const ends = told.flatMap(({ kind }, n) => (kind === "lane" || kind === "strip" ? [lanes[n]] : []));
  told.forEach(({ kind }, n) => {
    const { x, y, turn } = lanes[n];
    const before = ends.find((lane) => Math.hypot(lane.x.at(-1) - x[0], lane.y.at(-1) - y[0]) < 0.5);
    lanes[n].stopTurn = before && kind !== "lane" ? before.turn.at(-1) : turn[0];
    if (before && kind === "crossing") turn.fill(before.turn.at(-1));
  });
}

/** Return the piece of a lane's line in which a distance [m] lies. */
function pieceAt(lane, at) {
  let n = 0;
  while (n + 2 < lane.at.length && lane.at[n + 1] <= at) n++;
  return n;
}

/** Return the point of a lane's line, to the metre, that is nearest to a point [m, m]. */
function nearestOn(lane, [x, y]) {
  let best = [lane.x[0], lane.y[0]];
  for (let at = 0; at <= lane.at[lane.at.length - 1]; at++) {
    const point = pointOn(lane, at);
    if (Math.hypot(point.x - x, point.y - y) < Math.hypot(best[0] - x, best[1] - y)) best = [point.x, point.y];
  }
  return best;
}

/** Return the point [m] of a lane at a distance [m] and the direction there. */
function pointOn(lane, at) {
  const n = pieceAt(lane, at);
  return { x: lane.x[n] + (at - lane.at[n]) * lane.dx[n], y: lane.y[n] + (at - lane.at[n]) * lane.dy[n], turn: lane.turn[n] };
}
