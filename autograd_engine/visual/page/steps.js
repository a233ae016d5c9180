// Plays the backward sweep on a live picture: a slider and buttons choose the step, the operation of the step is lit, and
// a panel beside it shows upstream × local = contribution. All steps lie in the page.
(function (where) {
  "use strict";
  for (const root of where instanceof Element ? [where] : document.querySelectorAll(`[data-ag="${where}"]`)) {
    root.addEventListener("ag-shown", (event) => { if (!root.querySelector(".ag-steps")) start(root, event.detail.svg); });
  }

  function start(root, svg) {
    const steps = JSON.parse(root.querySelector("script[type='application/json']").textContent).steps;
    const bar = element("div", "ag-steps");
    const panel = element("div", "ag-panel");
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: 0, max: steps.length - 1, value: 0, step: 1 });
    slider.setAttribute("aria-label", "step of the backward sweep");
    const count = element("span", "ag-count");
    const view = { root, svg, steps, slider, panel, count, timer: null };
    const play = button("▶", "play", () => (view.timer ? stop(view) : go(view)));
    view.play = play;
    bar.append(button("«", "first step", () => { stop(view); show(view, 0); }), button("‹", "step back", () => { stop(view); show(view, at(view) - 1); }),
      play, button("›", "step on", () => { stop(view); show(view, at(view) + 1); }), slider, count);
    slider.addEventListener("input", () => { stop(view); show(view, at(view)); });
    root.querySelector(".ag-list")?.remove();
    root.prepend(bar);
    keys(view, root);
    root.classList.add("ag-film");
    root.querySelector(".ag-body").after(panel);
    root.addEventListener("ag-gone", () => stop(view));
    root.addEventListener("ag-go", (event) => { if (event.detail !== at(view)) { stop(view); show(view, event.detail); } });
    show(view, Number(root.dataset.step || 0));
  }

  function element(tag, name, text) {
    const made = document.createElement(tag);
    made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function button(label, title, act) {
    const made = element("button", "ag-button", label);
    made.type = "button";
    made.title = title;
    made.setAttribute("aria-label", title);
    made.addEventListener("click", act);
    return made;
  }

  // The arrow keys, Home, End and the space bar; JupyterLab leaves them to the picture.
  function keys(view, root) {
    root.tabIndex = 0;
    root.dataset.lmSuppressShortcuts = "true";
    const acts = {
      ArrowLeft: () => { stop(view); show(view, at(view) - 1); },
      ArrowRight: () => { stop(view); show(view, at(view) + 1); },
      Home: () => { stop(view); show(view, 0); },
      End: () => { stop(view); show(view, view.steps.length - 1); },
      " ": () => view.play.click(),
    };
    root.addEventListener("keydown", (event) => {
      if (!acts[event.key] || event.target.matches("input[type='search'], button, .ag-click")) return;
      acts[event.key]();
      event.preventDefault();
      event.stopPropagation();
    });
  }

  function at(view) {
    return Number(view.slider.value);
  }

  function go(view) {
    if (at(view) === view.steps.length - 1) show(view, 0);
    view.play.textContent = "||";
    view.timer = setInterval(() => {
      if (!view.root.isConnected || at(view) >= view.steps.length - 1) stop(view);
      else show(view, at(view) + 1);
    }, 1100);
  }

  function stop(view) {
    clearInterval(view.timer);
    view.timer = null;
    view.play.textContent = "▶";
  }

  function part(view, key) {
    return view.svg.querySelector(`[id="${key}"]`);
  }

  function show(view, wanted) {
    const now = Math.min(Math.max(wanted, 0), view.steps.length - 1);
    view.slider.value = now;
    view.count.textContent = `${now} of ${view.steps.length - 1}`;
    for (const old of view.svg.querySelectorAll(".ag-lit, .ag-flow")) old.classList.remove("ag-lit", "ag-flow");
    const known = new Set(view.steps.slice(0, now + 1).flatMap((step) => step.known));
    for (const node of view.svg.querySelectorAll(".node")) node.classList.toggle("ag-hidden", !known.has(node.id));
    const step = view.steps[now];
    part(view, step.node)?.classList.add("ag-lit");
    view.root.dispatchEvent(new CustomEvent("ag-reveal", { detail: step.node }));
    for (const key of step.edges) part(view, key)?.classList.add("ag-flow");
    view.panel.replaceChildren(...describe(step));
    view.root.dispatchEvent(new CustomEvent("ag-step", { detail: now }));
  }

  // Matrices as boxes to scale, [name, rows, columns], with the signs between them.
  function boxes(parts) {
    const most = Math.max(...parts.filter(Array.isArray).flatMap(([, rows, columns]) => [rows, columns]));
    const line = element("div", "ag-boxes");
    for (const part of parts) {
      if (!Array.isArray(part)) { line.append(element("span", "", part)); continue; }
      const [name, rows, columns] = part;
      const box = element("span", "ag-box");
      const area = element("span", "");
      area.style.width = `${Math.max(columns / most * 56, 4)}px`;
      area.style.height = `${Math.max(rows / most * 56, 4)}px`;
      box.append(area, element("span", "", `${name} ${rows}×${columns}`));
      line.append(box);
    }
    return line;
  }

  function describe(step) {
    const made = [element("div", "ag-title", step.title), element("div", "ag-words", `upstream ${step.upstream}`)];
    const table = element("div", "ag-rows");
    for (const row of step.rows) {
      const line = element("div", "ag-row");
      line.append(element("b", "", row.name), element("div", "", row.text), element("div", "ag-words", row.total));
      table.append(line);
      if (!row.rule) continue;
      const said = element("div", "ag-row");
      const rule = element("div", "ag-words", row.rule);
      if (row.boxes.length) rule.append(boxes(row.boxes));
      said.append(element("b", ""), rule, element("div", ""));
      table.append(said);
    }
    return [...made, table];
  }
})
