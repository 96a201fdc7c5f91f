// The panels below the picture: the chart, and the cloud of colours. They ask for nothing until they are seen.
import * as api from "/assets/api.js";
import { hpCloud } from "/assets/cloud.js";

const $ = (id) => document.getElementById(id);
const STEP = 220; // milliseconds between iterations
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
  let asked = 0;
  return whenSeen($("chart"), async (picture, result) => {
    const mine = ++asked;
    const text = await api.chart(picture, "elbow", result.sha256);
    if (mine === asked) $("chart").replaceChildren(document.importNode(new DOMParser().parseFromString(text, "text/html").querySelector("svg"), true));
  });
}

export function cloudPanel() {
  let show = null, cells = [], iterations = [], timer = 0, asked = 0;
  const at = (number) => {
    const one = iterations[number];
    $("iteration").value = number;
    const text = `Iteration ${one.number} of ${iterations.at(-1).number}, inertia ${one.inertia.toExponential(3)}`;
    $("iteration-label").textContent = text;
    $("iteration").setAttribute("aria-valuetext", text);
    const centers = one.centers.map((center) => [...center, 0]);
    if (show) show(centers, cells);
    else show = hpCloud($("cloud"), cells, centers);
  };
  const play = () => {
    clearInterval(timer);
    let number = 0;
    at(number);
    timer = setInterval(() => (++number < iterations.length ? at(number) : clearInterval(timer)), STEP);
  };
  $("replay").addEventListener("click", play);
  $("iteration").addEventListener("input", () => {
    clearInterval(timer);
    at(Number($("iteration").value));
  });
  return whenSeen($("cloud"), async (picture, query) => {
    const mine = ++asked;
    const told = await api.convergence(picture, query);
    if (mine !== asked) return;
    [cells, iterations] = [told.colors, told.iterations];
    $("iteration").max = iterations.length - 1;
    if (calm.matches) at(iterations.length - 1);
    else play();
  });
}
