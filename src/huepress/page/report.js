// The report: gives the parts of the page their life. Without it the page still shows all pictures and figures.
{
  const data = JSON.parse(document.getElementById("data").textContent);
  const slider = document.getElementById("slider"), compare = slider.querySelector(".compare");
  document.getElementById("before").src = document.getElementById("original").src;
  hpChoose(slider.querySelector("fieldset"), compare);
  hpCompare(compare);
  slider.hidden = false;
  hpCopyColors(document.getElementById("swatches"), document.getElementById("copied"));
  const section = document.getElementById("cloud-section");
  section.hidden = false;
  const chosen = () => data.centers[section.querySelector("input:checked").value];
  const show = hpCloud(section.querySelector("canvas"), data.colors, chosen());
  section.querySelector("fieldset").addEventListener("change", () => show(chosen()));
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
// A click on a swatch copies its colour, and says so.
function hpCopyColors(root, status) {
  root.addEventListener("click", async (event) => {
    const swatch = event.target.closest("[data-hex]");
    if (!swatch) return;
    const copied = await hpCopy(swatch.dataset.hex);
    status.textContent = copied ? `${swatch.dataset.hex} copied` : `Copy it by hand: ${swatch.dataset.hex}`;
  });
}
