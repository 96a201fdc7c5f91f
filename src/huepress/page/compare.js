// The before/after slider: a range input over two pictures, so that mouse, touch, keyboard and screen reader all move it.
"use strict";
function hpCompare(root) {
  const range = root.querySelector("input");
  const show = () => {
    root.style.setProperty("--at", range.value + "%");
    range.setAttribute("aria-valuetext", `${range.value} % original`);
  };
  range.addEventListener("input", show);
  show();
}
// Radio buttons choose which result is on the right: the picture whose id is the button's value.
function hpChoose(fieldset, root) {
  const result = root.querySelector(".result"), tag = root.querySelector(".after");
  const show = (input) => {
    result.src = document.getElementById(input.value).src;
    result.alt = input.dataset.name;
    tag.textContent = input.dataset.name;
  };
  fieldset.addEventListener("change", (event) => show(event.target));
  show(fieldset.querySelector("input:checked"));
}
