// A click on a swatch copies its colour, and says so.
"use strict";
function hpCopyColors(root, status) {
  root.addEventListener("click", async (event) => {
    const swatch = event.target.closest("[data-hex]");
    if (!swatch) return;
    const copied = await hpCopy(swatch.dataset.hex);
    status.textContent = copied ? `${swatch.dataset.hex} copied` : `Copy it by hand: ${swatch.dataset.hex}`;
  });
}
async function hpCopy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {  // a page from a file may have no clipboard: the old way
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}
