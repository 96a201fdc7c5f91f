// The report: gives the parts of the page their life. Without it the page still shows all pictures and figures.
"use strict";
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
