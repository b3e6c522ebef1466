/* The legend: its pictures are drawn by what draws the map. */

/** Leave out of the legend the kinds of vehicles that this morning has not. */
function hideKeys(worlds) {
  const seen = new Set(worlds.flatMap((world) => world.roles));
  for (const role of ["family", "taxi", "through", "bus", "heavy", "two_wheeler"]) {
    document.querySelector(`canvas[data-key="${role}"]`).parentElement.hidden = !seen.has(role);
  }
  document.querySelector('canvas[data-key="area"]').parentElement.hidden = worlds.every((world) => !world.map.waiting_areas.length);
}

/** Draw the legend's pictures as the picture itself is drawn. */
function drawKeys() {
  const ratio = 2;
  for (const canvas of document.querySelectorAll("canvas[data-key]")) {
    const [width, height] = [Number(canvas.dataset.width ?? 30), 16];
    Object.assign(canvas, { width: width * ratio, height: height * ratio });
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawKey(context, canvas.dataset.key, width, height);
  }
}

/** Draw one of the legend's pictures in the middle of its canvas. */
function drawKey(context, key, width, height) {
  const [what, n] = [key.split("-")[0], Number(key.split("-")[1])];
  const [x, y] = [width / 2, height / 2];
  const others = {
    badge: () => drawBadge(context, n, x, y, 7),
    delay: () => {
      context.fillStyle = DELAY_COLOURS[n];
      context.fillRect(0, 2, width, 12);
    },
    light: () => {
      const depth = LIGHT_DEPTH_PX[n] * 1.4;
      context.fillStyle = LIGHT_COLOURS[n];
      context.fillRect(x - depth / 2, 2, depth, 12);
    },
    berth: () => {
      context.strokeStyle = "#4d5a68";
      context.fillStyle = n ? "#b1b6bd" : "#ffffff";
      context.fillRect(2, 3, width - 4, 10);
      context.strokeRect(2, 3, width - 4, 10);
    },
    walker: () => {
      context.fillStyle = WALKER;
      context.beginPath();
      context.arc(x, y, 4, 0, 7);
      context.fill();
    },
    area: () => drawWaitingArea(context, x, y),
    tail: () => {
      context.strokeStyle = PAST_COLOUR;
      context.lineWidth = 3;
      context.setLineDash([5, 2]);
      context.beginPath();
      context.moveTo(x, 0);
      context.lineTo(x, height);
      context.stroke();
    },
  };
  if (others[what]) return others[what]();
  const [long, wide] = { bus: [26, 9], heavy: [26, 9], two_wheeler: [8, 4] }[key] ?? [16, 8];
  context.translate(x + long / 2, y);
  return drawBody(context, key, DELAY_COLOURS[0], long, wide);
}
