/* What mouse, fingers and keyboard do. */

const REACH_PX = 16;
const CLICK_PX = 5;
const STEP_S = 10;
const LONG_STEP_S = 60;

/** Let a canvas be dragged, pinched and wheeled, and tell of clicks. */
function handle(canvas, view, { moved, clicked }) {
  const fingers = new Map();
  let [travelled, apart] = [0, 0];
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const fromMiddle = ([x, y]) => [x - canvas.clientWidth / 2, y - canvas.clientHeight / 2];
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { far: Math.hypot(a[0] - b[0], a[1] - b[1]), middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] };
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (!fingers.size) travelled = 0;
    fingers.set(event.pointerId, place(event));
    if (fingers.size === 2) apart = spread().far;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const [from, to] = [fingers.get(event.pointerId), place(event)];
    fingers.set(event.pointerId, to);
    if (fingers.size === 2) {
      const { far, middle } = spread();
      if (apart > 0) view.zoom(far / apart, ...fromMiddle(middle));
      apart = far;
      travelled = Infinity;
    } else {
      travelled += Math.hypot(to[0] - from[0], to[1] - from[1]);
      if (travelled < CLICK_PX) return;
      view.pan(to[0] - from[0], to[1] - from[1]);
    }
    moved();
  });
  const lift = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (event.type === "pointerup" && travelled < CLICK_PX) clicked(...place(event));
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...fromMiddle(place(event)));
    moved();
  }, { passive: false });
}

/** Return the vehicle nearest to a point of the canvas [px], or -1. */
function vehicleAt(world, view, width, height, px, py) {
  let [best, nearest] = [-1, REACH_PX];
  for (let n = 0; n < world.hereCount; n++) {
    const v = world.here[n];
    const half = world.arm.vehicles.length_m[v] / 2;
    const [x, y] = onScreen(view, width, height, world.x[v] - half * Math.cos(world.turn[v]), world.y[v] - half * Math.sin(world.turn[v]));
    const far = Math.hypot(x - px, y - py);
    if (far < nearest) [best, nearest] = [v, far];
  }
  return best;
}

/** Let the keyboard drive the clock, unless a key means something where the focus is. */
function handleKeys(clock, zoom) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    const typing = at.matches("select, input:not([type=range])");
    const pressing = at.matches("button, summary, a");
    const scrolling = at.matches("[role=region]");
    const long = event.shiftKey ? LONG_STEP_S : STEP_S;
    const actions = {
      ArrowLeft: () => clock.go(clock.t - long),
      ArrowRight: () => clock.go(clock.t + long),
      Home: () => clock.go(0),
      End: () => clock.go(clock.length),
      "+": () => clock.shift(1),
      "=": () => clock.shift(1),
      "-": () => clock.shift(-1),
      " ": () => clock.toggle(),
    };
    if (at.matches("input[type=range]")) Object.assign(actions, { ArrowUp: actions.ArrowRight, ArrowDown: actions.ArrowLeft });
    if (typing || (pressing && event.key === " ") || (scrolling && /Home|End/.test(event.key)) || !actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
  for (const [id, act] of Object.entries(zoom)) document.getElementById(id).addEventListener("click", act);
}
