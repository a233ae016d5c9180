// The page side of explore(): sliders go to the kernel, the picture and the sentence come back.
function render({ model, el }) {
  el.innerHTML = model.get("html");
  const root = el.firstElementChild;
  const sliders = element("div", "ag-sliders");
  const panel = element("div", "ag-panel ag-outcome");
  const words = element("span", "");
  for (const { name, start, low, high } of model.get("sliders")) sliders.append(slider(model, name, start, low, high));
  const reset = element("button", "ag-button", "↺");
  reset.type = "button";
  reset.title = "back to the start";
  reset.addEventListener("click", () => { model.set("moved", {}); model.save_changes(); });
  reset.setAttribute("aria-label", reset.title);
  panel.append(words, reset);
  root.prepend(sliders, panel);
  const place = () => {
    for (const input of sliders.querySelectorAll("input")) {
      input.value = model.get("moved")[input.getAttribute("aria-label")] ?? input.dataset.start;
      label(input);
    }
  };
  const update = () => {
    const shown = model.get("shown");
    words.textContent = shown.words;
    if (shown.svg) root.dispatchEvent(new CustomEvent("ag-draw", { detail: shown.svg }));
  };
  root.addEventListener("ag-shown", update);
  model.on("change:shown", update);
  model.on("change:moved", place);
  place();
  inspect(root);
  view(root);
  return () => { model.off("change:shown", update); model.off("change:moved", place); root.dispatchEvent(new CustomEvent("ag-gone")); };
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
  line.title = name;
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

export default { render };
