// The page: pictures come in, the controls say what is wanted, results are asked for and shown.
import * as api from "/assets/api.js";
import { hpCopy } from "/assets/copy.js";
import { palettePanel } from "/assets/palette.js";
import { chartPanel, cloudPanel } from "/assets/panels.js";
import { save } from "/assets/save.js";
import * as say from "/assets/say.js";
import { settings as makeSettings } from "/assets/settings.js";
import { replace, viewer } from "/assets/viewer.js";

const $ = (id) => document.getElementById(id);
const pictures = []; // { file, facts, original, error, thumb }
let current = null;

const stage = $("stage");
const view = viewer(stage, $("split"), $("zoom-value"));
const settings = makeSettings((settled) => want(settled));
const SEEN = 5000, READING = 60; // milliseconds for which a message is seen: at least, and for each letter
let saidTimer = 0;

// A message for screen readers; one of which the page shows nothing else is seen by all, for a while.
function tell(text, isSeen = false) {
  const said = $("said");
  clearTimeout(saidTimer);
  said.textContent = text;
  said.className = isSeen ? "notice toast" : "hidden-text";
  if (isSeen) saidTimer = setTimeout(() => (said.className = "hidden-text"), Math.max(SEEN, READING * text.length));
}
const announce = (text) => tell(text, true);
const showPalette = palettePanel(settings, announce), showChart = chartPanel(), showCloud = cloudPanel();

// --- results: one request at a time; what is wanted meanwhile is asked for afterwards -------------------------------

let wanted = null, running = null;

function want(settled) {
  if (!current?.facts) return;
  wanted = { picture: current, query: settings.query.toString(), settled, draft: !settings.hasTarget };
  if (!settled && !wanted.draft) return; // a target is sought when the slider is let go
  if (running && !running.draft) running.controller.abort(); // a draft is quick, and better than nothing
  pump();
}

async function pump() {
  if (running || !wanted) return;
  const job = wanted;
  wanted = null;
  try {
    if (job.draft && job.query !== shown.query) await run(job, true);
    if (job.settled && !wanted) await run(job, false);
  } catch (error) {
    if (error.name !== "AbortError" && !wanted) failed(job.picture, error);
  }
  if (wanted) pump();
  else busy(false);
}

async function run({ picture, query }, draft) {
  running = { draft, controller: new AbortController() };
  busy(!draft);
  try {
    const result = await api.result(picture, draft ? `${query}&draft=true` : query, running.controller.signal);
    if (picture === current) await show(picture, result, query);
  } finally {
    running = null;
  }
}

let busyTimer = 0;
function busy(on) {
  clearTimeout(busyTimer);
  stage.setAttribute("aria-busy", on);
  if (on) busyTimer = setTimeout(() => ($("progress").hidden = false), 150); // no flicker for what is quick
  else $("progress").hidden = true;
}

// --- what is shown --------------------------------------------------------------------------------------------------

let shown = { query: null, result: null };

// Nothing of the picture before is left where the chosen one will be.
function clear() {
  shown = { query: null, result: null };
  delete stage.dataset.shown;
  delete stage.dataset.sha256;
  for (const image of [$("before"), $("after")]) {
    URL.revokeObjectURL(image.src);
    image.removeAttribute("src");
    image.alt = "";
  }
  for (const figure of $("figures").querySelectorAll("dd")) figure.textContent = "–";
  $("f-saved").className = "late";
  download({ draft: true });
  command("–");
}

async function show(picture, result, query) {
  if (!(await replace("after", result.blob, `Result: ${say.colors(result.colors)}`, () => picture === current))) return;
  shown = { query, result };
  if (!result.draft) current.shown = shown;
  stage.dataset.sha256 = result.sha256;
  stage.dataset.shown = query + (result.draft ? "&draft" : "");
  $("after-tag").textContent = say.colors(result.colors);
  showPalette(result);
  figures(result);
  download(result);
  if (result.draft) return;
  showChart(current, result);
  showCloud(current, settings.search);
  tell(`${say.colors(result.colors)}: ${say.size(result.bytes)}${saved(result)}, SSIMULACRA2 ${result.ssimulacra2.toFixed(1)}`);
}

// Of an animation, one frame is compared with nothing.
const saved = (result) =>
  result.saved === null ? "" : result.saved >= 0 ? `, ${(100 * result.saved).toFixed(1)} % saved` : `, ${(-100 * result.saved).toFixed(1)} % larger`;

function figures(result) {
  $("f-colors").textContent = result.colors;
  $("f-psnr").textContent = result.psnr === null ? "exact" : `${result.psnr.toFixed(1)} dB`;
  $("figures").classList.toggle("pending", result.draft);
  if (result.draft) return;
  $("f-bytes").textContent = say.size(result.bytes);
  $("f-saved").textContent = result.saved === null ? "–" : `${(100 * result.saved).toFixed(1)} %`.replace("-", "−");
  $("f-saved").className = `late ${result.saved === null ? "" : result.saved >= 0 ? "good" : "bad"}`;
  const score = document.createElement("small");
  score.textContent = ` ${say.quality(result.ssimulacra2)}`;
  $("f-score").replaceChildren(result.ssimulacra2.toFixed(1).replace("-", "−"), score);
  $("f-time").textContent = say.seconds(result.seconds);
  notice(result.notice ?? (result.saved < 0 ? larger() : current.facts.frames > 1 ? FIRST_FRAME : null));
}

const FIRST_FRAME = "This is an animation: only its first frame is pressed here. The command without --first-frame presses all.";

const larger = () =>
  current.facts.format === "JPEG"
    ? "The result is larger than the original. A photograph like this is best left a JPEG, or given fewer colours."
    : "The result is larger than the original: try fewer colours, or a lower quality.";

function notice(text) {
  $("notice").hidden = !text;
  $("notice").textContent = text ?? "";
}

// What the file of a result is saved as: the name that the command would give it.
function nameOf(picture, result) {
  const stem = picture.file.name.replace(/\.[^.]*$/, "") || picture.file.name, asked = new URLSearchParams(result.query);
  const kind = asked.has("quality") || asked.has("max_bytes") ? "hp" : `k${asked.get("k")}`;
  return `${stem}-${kind}.${result.format}`;
}

function download(result) {
  const link = $("download");
  link.setAttribute("aria-disabled", result.draft);
  if (result.draft) {
    link.removeAttribute("href");
    return;
  }
  link.href = $("after").src;
  link.download = nameOf(current, result);
  link.textContent = `Download ${result.format.toUpperCase().replace("WEBP", "WebP")} · ${say.size(result.bytes)}`;
  command(result.arguments === null ? "out of reach: a terminal would write nothing" : `huepress ${say.quoted(current.file.name.replace(/^-/, "./-"))} ${result.arguments}`);
}

// Each word in one piece if it fits: a line must not end within the dashes of an option.
function command(text) {
  const piece = (word, number) => (number % 2 ? word : Object.assign(document.createElement("span"), { textContent: word }));
  $("command").replaceChildren(...text.split(/( )/).map(piece));
}

function failed(picture, error) {
  if (picture !== current) return;
  busy(false);
  notice(error.message);
  tell(error.message);
}

// --- pictures -------------------------------------------------------------------------------------------------------

async function open(files) {
  const images = [...files];
  if (!images.length) return;
  $("refused").hidden = true;
  for (const file of images) await add(file);
  if (pictures.every((one) => one.error)) refuse();
}

// None of the files is a picture.
function refuse() {
  $("refused").replaceChildren(...pictures.map((one) => Object.assign(document.createElement("p"), { textContent: whatIsWrong(one) })));
  $("refused").hidden = false;
  pictures.length = 0;
  welcome();
}

function welcome() {
  current = null;
  atWork(false);
  document.title = "huepress";
  $("choose").focus();
}

const whatIsWrong = (picture) => `${picture.file.name}: ${picture.error}`;

function atWork(on) {
  $("welcome").hidden = on;
  $("work").hidden = $("add").hidden = !on;
  document.body.dataset.state = on ? "work" : "empty";
}

async function add(file) {
  const picture = { file, facts: null, original: null, error: null };
  pictures.push(picture);
  atWork(true);
  const first = !current || current.error;
  if (first) select(picture);
  strip();
  try {
    const most = Number(document.body.dataset.uploadBytes);
    if (file.size > most) throw new Error(`This file is larger than ${most / 1e6} MB, the most that is taken here.`);
    picture.facts = await api.addPicture(file);
    picture.original = await api.original(picture);
  } catch (error) {
    picture.error = error.message;
  }
  strip();
  if (picture === current) select(picture);
}

async function select(picture) {
  current = picture;
  strip();
  $("broken").hidden = !picture.error;
  $("broken-text").textContent = picture.error ? whatIsWrong(picture) : "";
  document.body.classList.toggle("is-broken", Boolean(picture.error));
  document.title = `${picture.file.name} · huepress`;
  notice(null);
  clear();
  busy(!picture.original && !picture.error);
  if (picture.error) tell(whatIsWrong(picture));
  if (!picture.original) return;
  settings.largest = picture.facts.bytes;
  $("f-original").textContent = say.size(picture.facts.bytes);
  view.show(picture.facts.width, picture.facts.height);
  try {
    if (!(await replace("before", picture.original, `Original: ${picture.file.name}`, () => picture === current))) return;
  } catch (error) {
    return failed(picture, error);
  }
  if (picture.shown?.query === settings.query.toString()) await show(picture, picture.shown.result, picture.shown.query);
  else want(true);
}

function strip() {
  const focused = [...$("strip").children].findIndex((item) => item.contains(document.activeElement));
  $("strip").hidden = pictures.length < 2;
  $("download-all").hidden = pictures.filter((one) => one.facts).length < 2;
  $("strip").replaceChildren(...pictures.map(thumb));
  if (focused >= 0) $("strip").children[focused]?.firstChild.focus({ preventScroll: true });
}

function thumb(picture) {
  const item = document.createElement("li"), button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-pressed", picture === current);
  button.setAttribute("aria-label", picture.file.name);
  button.title = picture.file.name;
  if (picture.original) {
    const image = document.createElement("img");
    picture.thumb ??= URL.createObjectURL(picture.original);
    image.src = picture.thumb;
    image.alt = "";
    button.append(image);
  } else button.textContent = picture.error ? "error" : "…";
  button.addEventListener("click", () => select(picture));
  item.append(button);
  return item;
}

function remove(picture) {
  pictures.splice(pictures.indexOf(picture), 1);
  if (picture.facts) api.forget(picture.facts.id);
  if (picture.thumb) URL.revokeObjectURL(picture.thumb);
  if (!pictures.length) return welcome();
  select(pictures[0]);
  $("add").focus();
}

async function downloadAll() {
  const query = settings.query.toString(), remarks = [];
  busy(true);
  for (const picture of pictures.filter((one) => one.facts)) {
    try {
      const result = await api.result(picture, query);
      save(result.blob, nameOf(picture, result));
      if (result.notice) remarks.push(`${picture.file.name}: ${result.notice}`);
    } catch (error) {
      remarks.push(`${picture.file.name}: ${error.message}`);
    }
  }
  busy(false);
  if (remarks.length) announce(remarks.join(" "));
}

// --- the page's own events ------------------------------------------------------------------------------------------

for (const id of ["choose", "add"]) $(id).addEventListener("click", () => $("files").click());
$("files").addEventListener("change", () => {
  open($("files").files).then(() => ($("files").value = ""));
});
$("remove").addEventListener("click", () => remove(current));
$("download-all").addEventListener("click", downloadAll);
$("download").addEventListener("click", (event) => $("download").href || event.preventDefault());
$("copy-command").addEventListener("click", async () => announce((await hpCopy($("command").textContent)) ? "Command copied" : "Copy it by hand"));
$("zoom-in").addEventListener("click", view.zoomIn);
$("zoom-out").addEventListener("click", view.zoomOut);
$("zoom-actual").addEventListener("click", view.toActual);
$("zoom-fit").addEventListener("click", view.toFit);

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  $("dropping").hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("dropping").hidden = true;
});
addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  $("dropping").hidden = true;
  open(event.dataTransfer.files);
});
addEventListener("paste", (event) => {
  if (event.clipboardData?.files.length) open(event.clipboardData.files);
});
