// The page side of explore(): sliders go to the kernel, the picture and the sentence come back.
function render({ model, el }) {
  el.classList.add("ag-view", "ag-live");
  const sliders = element("div", "ag-sliders");
  const words = element("div", "ag-panel ag-outcome");
  const stage = element("div", "ag-stage");
  el.append(sliders, words, stage);
  for (const { name, start, low, high } of model.get("sliders")) sliders.append(slider(model, name, start, low, high));
  const reset = element("button", "ag-button", "↺");
  reset.type = "button";
  reset.title = "back to the start";
  reset.addEventListener("click", () => {
    for (const input of sliders.querySelectorAll("input")) { input.value = input.dataset.start; label(input); }
    model.set("moved", {});
    model.save_changes();
  });
  sliders.append(reset);
  const update = () => show(model.get("shown"), stage, words);
  model.on("change:shown", update);
  update();
  const stop = followTheme(el, model.get("theme"));
  return () => { model.off("change:shown", update); stop(); };
}

function element(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  if (text) made.textContent = text;
  return made;
}

function slider(model, name, start, low, high) {
  const line = element("label", "ag-slider");
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: low, max: high, step: (high - low) / 400, value: start });
  input.dataset.start = start;
  input.setAttribute("aria-label", name);
  line.append(element("b", "", name), input, element("span", "ag-count"));
  label(input);
  input.addEventListener("input", () => {
    label(input);
    model.set("moved", { ...model.get("moved"), [name]: Number(input.value) });
    model.save_changes();
  });
  return line;
}

function label(input) {
  input.parentElement.querySelector(".ag-count").textContent = Number(Number(input.value).toPrecision(4));
}

function show(shown, stage, words) {
  words.textContent = shown.words;
  if (!shown.svg) return;
  const svg = document.importNode(new DOMParser().parseFromString(shown.svg, "image/svg+xml").documentElement, true);
  for (const style of svg.querySelectorAll("style")) style.remove();
  svg.classList.add("ag-svg");
  svg.style.width = svg.getAttribute("width");
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  stage.replaceChildren(svg);
}

function followTheme(el, theme) {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const update = () => {
    const lab = document.body.getAttribute("data-jp-theme-light");
    const code = document.body.getAttribute("data-vscode-theme-kind");
    el.classList.toggle("ag-dark", theme !== "auto" ? theme === "dark" : lab ? lab === "false" : code ? /dark/.test(code) : system.matches);
  };
  update();
  system.addEventListener("change", update);
  const watch = new MutationObserver(update);
  watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
  return () => { system.removeEventListener("change", update); watch.disconnect(); };
}

export default { render };
