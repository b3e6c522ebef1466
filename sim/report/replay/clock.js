/* The moment that is shown: time runs, stands, or is set; the slider with the bell and the queues over the morning. */

const RATES = [1, 2, 5, 10, 20, 60];
const FIRST_LOOK_S = 1800;
const LABEL_PX = 38;

class Clock {
  /** @param {number} start [s after midnight]  @param {number} length [s]  @param {() => void} changed */
  constructor(start, length, bell, changed) {
    Object.assign(this, { start, length, bell, changed, running: false, rate: 10 });
    this.t = Math.min(Math.max(bell - start - FIRST_LOOK_S, 0), length);
    this.slider = document.getElementById("slider");
    this.slider.max = String(Math.floor(length));
    this.button = document.getElementById("play");
    this.select = document.getElementById("rate");
    for (const rate of RATES) this.select.append(new Option(`${rate}×`, String(rate)));
    this.select.value = String(this.rate);
    this.select.addEventListener("change", () => this.setRate(Number(this.select.value)));
    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.show();
  }

  get time() { return this.start + this.t; }

  go(t) {
    this.t = Math.min(Math.max(t, 0), this.length);
    this.show();
    this.changed("moved");
  }

  toggle() {
    if (!this.running && this.t >= this.length) this.t = 0;
    this.running = !this.running;
    this.show();
    this.changed(this.running ? "started" : "stopped");
  }

  setRate(rate) {
    this.rate = rate;
    this.select.value = String(rate);
    this.changed("rate");
  }

  /** Take the next faster or slower rate. */
  shift(by) {
    const n = RATES.indexOf(this.rate) + by;
    if (RATES[n]) this.setRate(RATES[n]);
  }

  /** Let `ms` pass. */
  tick(ms) {
    if (!this.running) return;
    this.t = Math.min(this.t + (ms / 1000) * this.rate, this.length);
    if (this.t >= this.length) {
      this.running = false;
      this.changed("stopped");
    }
    this.show();
  }

  show() {
    const second = Math.floor(this.t + 1e-6);
    document.getElementById("time").textContent = clockTime(this.start + second);
    document.getElementById("to-bell").textContent = this.sayBell(second);
    this.slider.value = String(second);
    this.slider.setAttribute("aria-valuetext", clockTime(this.start + second));
    this.button.textContent = say(this.running ? "pause" : "play");
    this.button.classList.toggle("running", this.running);
  }

  sayBell(second) {
    const left = Math.round((this.bell - this.start - second) / 60);
    return left > 0 ? say("bell.before", { n: left }) : left < 0 ? say("bell.after", { n: -left }) : say("bell.now");
  }
}

/** Draw above the slider both queues over the morning, and under it full quarters of an hour and the bell. */
function drawTimeline(clock, worlds) {
  const canvas = document.getElementById("timeline");
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const thumb = 8;
  const across = (t) => thumb + (t / clock.length) * (width - 2 * thumb);
  const most = Math.max(8, ...worlds.flatMap((w) => Array.from(w.arm.kpis.queue_gate_veh)));
  const floor = height - 15;
  worlds.forEach((world, n) => {
    const { series_s, queue_gate_veh } = world.arm.kpis;
    context.beginPath();
    series_s.forEach((t, i) => context.lineTo(across(Math.min(t, clock.length)), floor - (queue_gate_veh[i] / most) * (floor - 4)));
    context.strokeStyle = ARM_COLOURS[n];
    context.lineWidth = 1.6;
    context.stroke();
  });
  context.font = `11px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  const bell = across(clock.bell - clock.start);
  let said = -Infinity;
  for (let t = Math.ceil(clock.start / 900) * 900; t <= clock.start + clock.length; t += 900) {
    const x = across(t - clock.start);
    context.fillStyle = "#b7bcc4";
    context.fillRect(x - 0.5, 2, 1, floor - 2);
    if (Math.abs(x - bell) < 52 || x < 18 || x > width - 18 || x - said < LABEL_PX) continue;
    said = x;
    context.fillStyle = "#3c444d";
    context.fillText(clockTime(t, false), x, height - 3);
  }
  context.textAlign = "left";
  context.strokeStyle = "#ffffff";
  context.lineWidth = 3;
  context.strokeText(say("timeline"), thumb, 12);
  context.fillStyle = "#3c444d";
  context.fillText(say("timeline"), thumb, 12);
  context.textAlign = "center";
  context.fillStyle = "#8a1c1c";
  context.fillRect(bell - 1, 0, 2, floor);
  context.font = `700 11px ${FONT}`;
  context.fillText(say("bell.mark", { time: clockTime(clock.bell, false) }), Math.min(Math.max(bell, 40), width - 40), height - 3);
}
