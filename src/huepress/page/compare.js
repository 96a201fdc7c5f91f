// The before/after slider: a range input over two pictures, so that mouse, touch, keyboard and screen reader all move it.
export function hpCompare(root) {
  const range = root.querySelector("input");
  const show = () => {
    root.style.setProperty("--at", range.value + "%");
    range.setAttribute("aria-valuetext", `${range.value} % original`);
  };
  range.addEventListener("input", show);
  show();
}
