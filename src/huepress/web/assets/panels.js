// The panels below the picture: the chart, and the cloud of colours. They ask for nothing until they are seen.
import * as api from "/assets/api.js";
import { hpCloud } from "/assets/cloud.js";

const $ = (id) => document.getElementById(id);
const STEP = 260; // milliseconds between iterations
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// Calls `show` with the latest picture and result once the element is seen, and again whenever they change.
function whenSeen(element, show) {
  let seen = false, latest = null;
  new IntersectionObserver((entries) => {
    seen = entries.at(-1).isIntersecting;
    if (seen && latest) go();
  }).observe(element);
  const go = () => {
    const now = latest;
    latest = null;
    show(...now).catch(() => {}); // the picture itself tells what is wrong
  };
  return (...now) => {
    latest = now;
    if (seen) go();
  };
}

export function chartPanel() {
  let asked = 0, latest = null;
  const titles = { elbow: "The mean squared error at each number of colours.",
    quality: "SSIMULACRA2 of the files that 4, 8, 16 ... 256 colours make." };
  const kind = () => document.querySelector('input[name="chart"]:checked').value;
  const show = async (picture, result) => {
    const mine = ++asked;
    latest = [picture, result];
    $("chart-text").textContent = `${titles[kind()]} The square is the result shown.`;
    $("chart").setAttribute("aria-busy", true);
    const text = await api.chart(picture, kind(), result.sha256);
    if (mine !== asked) return;
    const svg = new DOMParser().parseFromString(text, "text/html").querySelector("svg");
    $("chart").replaceChildren(document.importNode(svg, true));
    $("chart").setAttribute("aria-busy", false);
  };
  const update = whenSeen($("chart"), show);
  for (const input of document.querySelectorAll('input[name="chart"]'))
    input.addEventListener("change", () => latest && show(...latest).catch(() => {}));
  return update;
}

export function cloudPanel() {
  let show = null, cells = [], iterations = [], frame = 0, asked = 0;
  // Show the centres at a number of iterations, which need not be whole, with the paths on which they came.
  const at = (number) => {
    const whole = Math.floor(number), part = number - whole, now = iterations[whole];
    const next = iterations[Math.min(whole + 1, iterations.length - 1)].centers;
    const centers = now.centers.map((center, i) => center.map((value, axis) => value + part * ((next[i] ?? center)[axis] - value)));
    const paths = centers.map((center, i) => [...iterations.slice(0, whole + 1).map((one) => one.centers[i]), center].filter(Boolean));
    const draw = (...given) => (show ? show(...given) : (show = hpCloud($("cloud"), cells, given[0]), show(...given)));
    draw(centers.map((center) => [...center, 0]), cells, paths);
    $("iteration").value = whole;
    const text = `Iteration ${now.number} of ${iterations.at(-1).number}, inertia ${now.inertia.toLocaleString("en-US", { maximumSignificantDigits: 4 })}`;
    $("iteration-label").textContent = text;
    $("iteration").setAttribute("aria-valuetext", text);
  };
  const stop = () => cancelAnimationFrame(frame);
  const play = () => {
    stop();
    if (!iterations.length) return;
    const start = performance.now(), last = iterations.length - 1;
    const step = (time) => {
      const number = Math.min(last, Math.max(0, time - start) / STEP);
      at(number);
      if (number < last) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  };
  $("replay").addEventListener("click", play);
  $("iteration").addEventListener("input", () => {
    stop();
    if (iterations.length) at(Number($("iteration").value));
  });
  return whenSeen($("cloud"), async (picture, query) => {
    const mine = ++asked;
    const told = await api.convergence(picture, query);
    if (mine !== asked) return;
    stop();
    [cells, iterations] = [told.colors, told.iterations];
    $("iteration").max = iterations.length - 1;
    if (calm.matches) at(iterations.length - 1);
    else play();
  });
}
