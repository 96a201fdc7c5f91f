// The frame in which original and result lie over each other: a split, zoom, pan.
import { hpCompare } from "/assets/compare.js";

const MOST = 64; // screen pixels a pixel
const GRIP = 28; // px around the split that take hold of it

export function viewer(stage, range, output) {
  let width = 1, height = 1, scale = 1, x = 0, y = 0, fitting = true;
  const held = new Map(); // pointers that are down
  let hold = null; // what a drag moves: "split" or "pan"
  hpCompare(stage);

  const fit = () => Math.min(stage.clientWidth / width, stage.clientHeight / height, MOST / 4);
  const paint = () => {
    if (fitting) scale = fit();
    const [w, h] = [width * scale, height * scale];
    const free = (room, side, at) => (side <= room ? (room - side) / 2 : Math.min(0, Math.max(room - side, at)));
    [x, y] = [free(stage.clientWidth, w, x), free(stage.clientHeight, h, y)];
    for (const [name, value] of Object.entries({ left: x, top: y, width: w, height: h }))
      stage.style.setProperty(`--${name}`, `${value}px`);
    stage.classList.toggle("crisp", scale * devicePixelRatio >= 1);
    stage.classList.toggle("zoomed", !fitting);
    output.textContent = fitting ? "fit" : `${Math.round(scale * 100 * devicePixelRatio)} %`;
  };
  // Zoom so that the place (across, down) of the frame stays where it is.
  const zoom = (to, across = stage.clientWidth / 2, down = stage.clientHeight / 2) => {
    const next = Math.min(MOST, Math.max(Math.min(fit(), 1 / devicePixelRatio), to));
    [x, y] = [across - ((across - x) * next) / scale, down - ((down - y) * next) / scale];
    [scale, fitting] = [next, false];
    paint();
  };
  const toFit = () => {
    fitting = true;
    paint();
  };
  const split = (value) => {
    range.value = value;
    range.dispatchEvent(new Event("input"));
  };
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left - stage.clientLeft, event.clientY - box.top - stage.clientTop];
  };
  const toPlace = (event) => split((100 * at(event)[0]) / stage.clientWidth);

  stage.addEventListener("pointerdown", (event) => {
    if (event.button > 0 || event.target.closest("button")) return;
    stage.setPointerCapture(event.pointerId);
    held.set(event.pointerId, at(event));
    range.focus({ preventScroll: true });
    const near = Math.abs(at(event)[0] - (range.value / 100) * stage.clientWidth) < GRIP;
    hold = fitting || near ? "split" : "pan";
    stage.classList.toggle("panning", hold === "pan");
    if (hold === "split") toPlace(event);
  });
  stage.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    if (held.size === 2) pinch(event.pointerId, before, now);
    else if (hold === "split") toPlace(event);
    else pan(now[0] - before[0], now[1] - before[1]);
    held.set(event.pointerId, now);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    stage.addEventListener(name, (event) => {
      held.delete(event.pointerId);
      if (!held.size) stage.classList.remove("panning");
    });
  const pan = (across, down) => {
    [x, y] = [x + across, y + down];
    paint();
  };
  const pinch = (id, before, now) => {
    const [other] = [...held].filter(([name]) => name !== id).map(([, place]) => place);
    const distance = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]) || 1;
    zoom((scale * distance(now)) / distance(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  };
  stage.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey && fitting) return; // the page scrolls
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) zoom(scale * Math.exp(-event.deltaY / 200), ...at(event));
      else pan(-event.deltaX, -event.deltaY);
    },
    { passive: false },
  );
  stage.addEventListener("dblclick", (event) => (fitting ? zoom(1 / devicePixelRatio, ...at(event)) : toFit()));
  range.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const does = { "+": () => zoom(scale * 1.5), "=": () => zoom(scale * 1.5), "-": () => zoom(scale / 1.5), 0: toFit };
    if (event.shiftKey && steps[event.key]) pan(...steps[event.key].map((step) => 60 * step));
    else if (does[event.key] && !event.ctrlKey && !event.metaKey) does[event.key]();
    else return;
    event.preventDefault();
  });
  new ResizeObserver(paint).observe(stage);
  return {
    zoomIn: () => zoom(scale * 1.5),
    zoomOut: () => zoom(scale / 1.5),
    toActual: () => zoom(1 / devicePixelRatio),
    toFit,
    show(w, h) {
      [width, height] = [w, h];
      stage.style.setProperty("--ratio", `${w} / ${h}`);
      toFit();
    },
  };
}

// Puts a blob into the place of an image without a flicker: the new one is decoded first. Returns whether it was put
// there: `isWanted` is asked once it is decoded.
export async function replace(id, file, alt, isWanted) {
  const next = document.getElementById(id).cloneNode();
  next.src = URL.createObjectURL(file);
  next.alt = alt;
  await next.decode().catch(() => {
    throw new Error("This browser cannot show this picture.");
  });
  const old = isWanted() ? document.getElementById(id) : next;
  if (old !== next) old.replaceWith(next);
  if (old.src) URL.revokeObjectURL(old.src);
  return old !== next;
}
