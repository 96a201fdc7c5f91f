// The controls: what is wanted, as the server's parameters. Tells of changes: while dragging, and when settled.
import { colors, size } from "/assets/say.js";

const $ = (id) => document.getElementById(id);
// The slider has a stop for each of the first 32 numbers of colours, then ever wider ones; the number field has all.
const STOPS = [...range(1, 32, 1), ...range(36, 64, 4), ...range(72, 128, 8), ...range(144, 256, 16)];

function range(first, last, step) {
  return Array.from({ length: (last - first) / step + 1 }, (_, i) => first + i * step);
}

// What is being typed into a field is left alone.
const fill = (id, value) => {
  if (document.activeElement !== $(id)) $(id).value = value;
};
const nearest = (k) => STOPS.reduce((best, stop, i) => (Math.abs(stop - k) < Math.abs(STOPS[best] - k) ? i : best), 0);

export function settings(changed) {
  const wanted = { aim: "colors", k: 16, most: 256, quality: 70, bytes: 50_000, dither: 0, format: "png", fixed: [] };
  let largest = 1e6; // bytes, at the end of the slider

  const k = () => (wanted.aim === "colors" ? wanted.k : wanted.most);
  const show = () => {
    $("quality-control").hidden = wanted.aim !== "quality";
    $("bytes-control").hidden = wanted.aim !== "bytes";
    $("k-label").textContent = wanted.aim === "colors" ? "Colours" : "Colours, at most";
    $("k").value = nearest(k());
    $("k").setAttribute("aria-valuetext", colors(k()));
    fill("k-number", k());
    $("quality").value = wanted.quality;
    fill("quality-number", wanted.quality);
    $("bytes").value = (100 * Math.log(wanted.bytes / 1000)) / Math.log(largest / 1000);
    $("bytes").setAttribute("aria-valuetext", size(wanted.bytes));
    fill("bytes-number", wanted.bytes / 1000);
    $("dither").value = 100 * wanted.dither;
    $("dither-value").textContent = `${Math.round(100 * wanted.dither)} %`;
    $("dither").setAttribute("aria-valuetext", $("dither-value").textContent);
  };
  const set = (values, settled) => {
    Object.assign(wanted, values);
    show();
    changed(settled);
  };
  const setK = (value) => (wanted.aim === "colors" ? { k: value } : { most: value });
  const toBytes = (place) => Number(Math.exp((place / 100) * Math.log(largest / 1000)).toPrecision(2)) * 1000;

  const sliders = {
    k: (value) => setK(STOPS[value]),
    quality: (value) => ({ quality: value }),
    bytes: (value) => ({ bytes: Math.round(toBytes(value)) }),
    dither: (value) => ({ dither: value / 100 }),
  };
  for (const [id, values] of Object.entries(sliders))
    for (const [name, settled] of [["input", false], ["change", true]])
      $(id).addEventListener(name, () => set(values(Number($(id).value)), settled));
  const numbers = {
    "k-number": (value) => setK(Math.round(value)),
    "quality-number": (value) => ({ quality: value }),
    "bytes-number": (value) => ({ bytes: Math.round(1000 * value) }),
  };
  for (const [id, values] of Object.entries(numbers)) {
    $(id).addEventListener("input", () => $(id).validity.valid && $(id).value && set(values(Number($(id).value)), true));
    $(id).addEventListener("blur", show);
  }
  for (const input of document.querySelectorAll('input[name="aim"], input[name="format"]'))
    input.addEventListener("change", () => set({ [input.name]: input.value }, true));
  show();

  return {
    // All that are locked. Of more than k, the first k are asked for: the others wait until there is room again.
    get fixed() {
      return wanted.fixed;
    },
    // Not settled: while a colour is being chosen.
    fix: (colors, settled = true) => set({ fixed: colors }, settled),
    get hasTarget() {
      return wanted.aim !== "colors";
    },
    get limit() {
      return k();
    },
    get search() {
      return new URLSearchParams([["k", k()], ...wanted.fixed.slice(0, k()).map((color) => ["fixed", color])]);
    },
    get query() {
      const query = this.search;
      if (wanted.aim === "quality") query.set("quality", wanted.quality);
      if (wanted.aim === "bytes") query.set("max_bytes", wanted.bytes);
      query.set("dither", wanted.dither);
      query.set("format", wanted.format);
      return query;
    },
    // The slider for the size of the file ends at the size of the original.
    set largest(bytes) {
      largest = Math.max(10_000, bytes);
      show();
    },
  };
}
