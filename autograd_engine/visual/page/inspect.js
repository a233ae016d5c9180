// Looks into a live picture: a click on a node shows all that there is to say about it beside the graph, and lights the
// ways between it, what it is computed from, and the output; a field finds nodes by name.
(function (where) {
  "use strict";
  for (const root of where instanceof Element ? [where] : document.querySelectorAll(`[data-ag="${where}"]`)) start(root);

  function start(root) {
    const view = { root, chosen: null, panel: element("div", "ag-inspector"), field: document.createElement("input") };
    Object.assign(view.field, { type: "search", placeholder: "find", className: "ag-find" });
    view.field.setAttribute("aria-label", "find nodes by name");
    view.field.addEventListener("input", () => find(view, view.field.value));
    view.field.addEventListener("keydown", (event) => { if (event.key === "Enter") next(view); });
    root.addEventListener("ag-put", (event) => shown(view, event.detail));
    banner(view);
    root.addEventListener("keydown", (event) => { if (event.key === "Escape") choose(view, null); });
  }

  // What is wrong, over the picture: a click leads to the node, while the picture is as it was at first.
  function banner(view) {
    for (const line of view.root.querySelectorAll(".ag-verdict [data-node]")) {
      const go = () => {
        if (!view.svg.querySelector(`[id="${line.dataset.node}"]`) || view.root.dataset.state !== "0") return;
        view.chosen = null;
        choose(view, line.dataset.node);
        reveal(view, line.dataset.node);
      };
      line.addEventListener("click", go);
      line.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
    }
  }

  function element(tag, name, text) {
    const made = document.createElement(tag);
    made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function shown(view, svg) {
    if (!view.panel.isConnected) {
      view.stage = view.root.querySelector(".ag-stage");
      view.root.querySelector(".ag-body").append(view.panel);
      view.root.querySelector(".ag-bar").prepend(view.field);
      view.stage.addEventListener("click", (event) => clicked(view, event.target));
      view.stage.addEventListener("keydown", (event) => { if (event.key === "Enter") clicked(view, event.target); });
    }
    view.svg = svg;
    for (const node of svg.querySelectorAll(".node:not(.ag-click)")) node.setAttribute("tabindex", "0");
    const kept = view.chosen;
    view.chosen = null;
    choose(view, kept && svg.querySelector(`[id="${kept}"]`) ? kept : null, false);
    if (view.field.value) find(view, view.field.value);
  }

  function clicked(view, target) {
    if (view.stage.classList.contains("ag-dragged")) return;
    const node = target.closest(".node");
    if (!node || !node.classList.contains("ag-click")) choose(view, node && node.id);
  }

  // --- ways ------------------------------------------------------------------------------------------------------

  function choose(view, id, focus = true) {
    view.chosen = id === view.chosen ? null : id;
    const lit = view.chosen ? ways(view, view.chosen) : null;
    for (const part of view.svg.querySelectorAll(".node, .edge")) {
      part.classList.toggle("ag-dim", lit !== null && !lit.has(part.id));
      part.classList.toggle("ag-chosen", part.id === view.chosen);
    }
    view.panel.classList.toggle("ag-open", view.chosen !== null);
    if (!view.chosen) return;
    view.panel.replaceChildren(...told(view));
    view.panel.tabIndex = -1;
    if (focus) view.panel.focus({ preventScroll: true });
    view.root.querySelector(".ag-tip").style.display = "none";
  }

  // The ids of all that lies on a way into a node or out of it. An edge's id is e, source, target, position.
  function ways(view, id) {
    const lit = new Set([id]);
    const edges = [...view.svg.querySelectorAll(".edge")].map((edge) => [edge.id, ...edge.id.slice(1).split("-")]);
    for (const [from, to] of [[1, 2], [2, 1]]) {
      const queue = [id.slice(1)], seen = new Set(queue);
      while (queue.length) {
        const key = queue.pop();
        for (const edge of edges) {
          if (edge[from] !== key) continue;
          lit.add(edge[0]).add(`n${edge[to]}`);
          if (!seen.has(edge[to])) queue.push(edge[to]);
          seen.add(edge[to]);
        }
      }
    }
    return lit;
  }

  // --- the panel -------------------------------------------------------------------------------------------------

  function words(part) {
    const link = part.querySelector("a");
    return link.getAttribute("xlink:title") || link.getAttributeNS("http://www.w3.org/1999/xlink", "title") || "";
  }

  function told(view) {
    const node = view.svg.querySelector(`[id="${view.chosen}"]`);
    const [title, ...lines] = words(node).split("\n");
    const close = element("button", "ag-button", "×");
    close.type = "button";
    close.title = "close";
    close.setAttribute("aria-label", "close");
    close.addEventListener("click", () => choose(view, null));
    const head = element("div", "ag-title", title);
    head.append(close);
    return [head, ...lines.flatMap(line), ...beside(view, "from", 2, 1), ...beside(view, "to", 1, 2)];
  }

  // A line of a tooltip; its numbers below each other, its histogram larger.
  function line(text) {
    const found = text.match(/^([a-z][a-z, 0-9]*): (.*)$/);
    if (!found) return [element("div", "ag-line", text)];
    const bars = found[2].match(/[▁▂▃▄▅▆▇█!]{2,}$/);
    const numbers = found[2].replace(bars ? bars[0] : "", "").trim();
    const rows = numbers.startsWith("[") ? numbers.replace(/\], \[/g, "]\n [").split("\n") : numbers.split(", ");
    return [element("div", "ag-words", found[1]), ...rows.map((row) => element("div", "ag-line", row)),
      ...(bars ? [element("div", "ag-bars", bars[0])] : [])];
  }

  // What a node is computed from, or used by: a click goes there.
  function beside(view, word, own, other) {
    const key = view.chosen.slice(1);
    const ids = [...view.svg.querySelectorAll(".edge")].map((edge) => edge.id.slice(1).split("-"));
    const near = new Set(ids.filter((id) => id[own - 1] === key).map((id) => `n${id[other - 1]}`));
    if (!near.size) return [];
    const list = element("div", "ag-near");
    for (const id of near) {
      const node = view.svg.querySelector(`[id="${id}"]`);
      const link = element("button", "ag-link", words(node).split("\n")[0]);
      link.type = "button";
      link.addEventListener("click", () => { choose(view, id); reveal(view, id); });
      list.append(link);
    }
    return [element("div", "ag-words", word), list];
  }

  function reveal(view, id) {
    view.root.dispatchEvent(new CustomEvent("ag-reveal", { detail: id }));
  }

  // --- search ----------------------------------------------------------------------------------------------------

  function find(view, text) {
    const wanted = text.trim().toLowerCase();
    view.found = [];
    for (const node of view.svg.querySelectorAll(".node")) {
      const hit = wanted !== "" && words(node).split("\n")[0].toLowerCase().includes(wanted);
      node.classList.toggle("ag-hit", hit);
      if (hit) view.found.push(node.id);
    }
    view.field.classList.toggle("ag-none", wanted !== "" && !view.found.length);
    if (view.found.length) reveal(view, view.found[0]);
  }

  function next(view) {
    if (!view.found || !view.found.length) return;
    view.found.push(view.found.shift());
    reveal(view, view.found[0]);
  }
})
