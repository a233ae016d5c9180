// The page side of play(live=True): the film of a saved page, whose step the kernel reads and sets.
function render({ model, el }) {
  el.innerHTML = model.get("html");
  const root = el.firstElementChild;
  root.dataset.step = model.get("step");
  root.addEventListener("ag-step", (event) => {
    if (event.detail === model.get("step")) return;
    model.set("step", event.detail);
    model.save_changes();
  });
  const go = () => root.dispatchEvent(new CustomEvent("ag-go", { detail: model.get("step") }));
  model.on("change:step", go);
  steps(root);
  inspect(root);
  view(root);
  return () => { model.off("change:step", go); root.dispatchEvent(new CustomEvent("ag-gone")); };
}

export default { render };
