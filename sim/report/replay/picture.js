/* One world's picture: all that is drawn in it, in its order. */

/** Return a world's part of the page: its canvas and, behind it, the ground as it was drawn last. */
function pane(key) {
  const canvas = document.getElementById(`canvas-${key}`);
  const one = { key, canvas, title: document.getElementById(`title-${key}`), context: canvas.getContext("2d", { alpha: false }),
    ground: document.createElement("canvas"), revision: -1, width: 1, height: 1, ratio: 1 };
  one.measure = () => {
    one.ratio = Math.min(window.devicePixelRatio || 1, 2);
    one.width = Math.max(canvas.clientWidth, 1);
    one.height = Math.max(canvas.clientHeight, 1);
    for (const bitmap of [canvas, one.ground]) {
      bitmap.width = Math.round(one.width * one.ratio);
      bitmap.height = Math.round(one.height * one.ratio);
    }
    one.revision = -1;
  };
  return one;
}

function drawPane(one, world, view, chosen) {
  const { context, width, height, ratio } = one;
  if (one.revision !== view.revision) {
    drawGround(one.ground.getContext("2d"), world, view, width, height, ratio);
    one.revision = view.revision;
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(one.ground, 0, 0);
  drawTaken(context, world, view, width, height, ratio);
  drawLights(context, world, view, width, height);
  drawVehicles(context, world, view, width, height, ratio);
  drawWalkers(context, world, view, width, height, chosen ?? -1);
  drawBadges(context, world, view, width, height);
  drawChosen(context, world, chosen ?? -1, view, width, height);
  const labels = new Labels(context, width, height);
  drawTail(context, labels, tailNow(world), world.side, view, width, height);
  drawSigns(context, labels, world, view, width, height);
}

/** Return the queue's end, found anew once a second. */
function tailNow(world) {
  const second = Math.floor(world.now);
  if (world.tailAt !== second) Object.assign(world, { tailAt: second, tail: findQueue(world) });
  return world.tail;
}
