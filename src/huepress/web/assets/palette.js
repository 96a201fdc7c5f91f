// The palette: a swatch for each colour, and what can be done with the chosen one.
import * as api from "/assets/api.js";
import { hpCopy } from "/assets/copy.js";
import { save } from "/assets/save.js";
import { colors, share } from "/assets/say.js";

const $ = (id) => document.getElementById(id);
const LOCK = "M5 7V5a3 3 0 0 1 6 0v2h1v7H4V7h1zm2 0h2V5a1 1 0 0 0-2 0v2z";

// As the server writes a colour: alpha only if it is not opaque, and no hue behind full transparency.
const canonical = (color) => color.replace(/^(#.{6})ff$/, "$1").replace(/^#.{6}00$/, "#00000000");

export function palettePanel(settings, say) {
  let shown = [], chosen = null, sha256 = null;

  const paint = () => {
    const focused = document.activeElement?.dataset?.hex;
    $("palette").replaceChildren(...shown.map(swatch));
    if (focused) $("palette").querySelector(`[data-hex="${focused}"]`)?.focus({ preventScroll: true });
    edit();
  };
  const swatch = ({ color, share: part, fixed }) => {
    const item = document.createElement("li"), button = document.createElement("button"), patch = document.createElement("i");
    button.type = "button";
    button.className = "swatch";
    button.dataset.hex = color;
    button.setAttribute("aria-pressed", color === chosen);
    patch.style.setProperty("--color", color);
    const text = document.createElement("span"), code = document.createElement("code");
    code.textContent = color;
    text.append(code, document.createElement("br"), share(part));
    button.append(patch, text);
    if (fixed) button.append(lock());
    item.append(button);
    return item;
  };
  const lock = () => {
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS(icon.namespaceURI, "path");
    icon.setAttribute("viewBox", "0 0 16 16");
    icon.setAttribute("class", "lock");
    icon.setAttribute("role", "img");
    icon.setAttribute("aria-label", "locked");
    path.setAttribute("d", LOCK);
    path.setAttribute("fill", "#1b1e24");
    path.setAttribute("fill-rule", "evenodd");
    icon.append(path);
    return icon;
  };
  const edit = () => {
    const locked = settings.fixed.includes(chosen);
    $("editor-hint").hidden = Boolean(chosen);
    $("editing").hidden = !chosen;
    $("unlock-all").hidden = !settings.fixed.length;
    if (!chosen) return;
    $("color").value = chosen.slice(0, 7);
    if (document.activeElement !== $("color-hex")) $("color-hex").value = chosen;
    $("lock").setAttribute("aria-pressed", locked);
    $("lock").textContent = locked ? "Locked" : "Lock";
  };
  const choose = (color) => {
    chosen = color;
    for (const button of $("palette").querySelectorAll("button")) button.setAttribute("aria-pressed", button.dataset.hex === color);
    edit();
  };
  // The chosen colour becomes another, which is locked.
  const change = (text, settled) => {
    const color = canonical(text);
    const fixed = settings.fixed.filter((one) => one !== color || one === chosen), place = fixed.indexOf(chosen);
    if (place < 0 && fixed.length >= settings.limit) return say(`All ${settings.limit} colours are locked: allow more colours first.`);
    fixed.splice(place < 0 ? fixed.length : place, 1, color);
    chosen = color;
    settings.fix(fixed, settled);
    edit();
  };

  $("palette").addEventListener("click", (event) => {
    const button = event.target.closest("[data-hex]");
    if (button) choose(button.dataset.hex === chosen ? null : button.dataset.hex);
  });
  $("color").addEventListener("input", () => change($("color").value + chosen.slice(7), false));
  $("color").addEventListener("change", () => change($("color").value + chosen.slice(7), true));
  $("color-hex").addEventListener("change", () => {
    const text = $("color-hex").value.trim().toLowerCase().replace(/^#?/, "#").replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
    if (/^#([0-9a-f]{6}|[0-9a-f]{8})$/.test(text)) change(text, true);
    else say(`${$("color-hex").value} is no colour: write #rrggbb.`);
    $("color-hex").value = chosen;
  });
  $("lock").addEventListener("click", () => {
    const others = settings.fixed.filter((one) => one !== chosen);
    settings.fix(others.length < settings.fixed.length ? others : [...others, chosen]);
    edit();
  });
  $("unlock-all").addEventListener("click", () => {
    settings.fix([]);
    edit();
  });
  const copy = async (text, what) => say((await hpCopy(text)) ? `${what} copied` : `The browser did not let ${what} be copied`);
  $("copy-color").addEventListener("click", () => copy(chosen, chosen));
  $("copy-palette").addEventListener("click", () => copy(shown.map((one) => one.color).join("\n"), colors(shown.length)));
  $("export-palette").addEventListener("click", async () => {
    const format = $("palette-format").value;
    save(await api.palette(sha256, format), `palette.${format}`);
  });
  return (result) => {
    [shown, sha256] = [result.palette, result.sha256];
    if (!shown.some((one) => one.color === chosen) && !settings.fixed.includes(chosen)) chosen = null; // a locked one may be on its way
    paint();
  };
}
