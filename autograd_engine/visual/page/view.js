// Brings a drawn graph to life: the <img> that every front end shows becomes the SVG itself, with pan, zoom, tooltips,
// and boxes that fold. Works in a saved page: all states of folding that there are lie in the page, compressed.
(function (where) {
  "use strict";
  // The smallest text is 9 points, 12 pixels at full size; it is never shown below 10 unless all is asked for.
  const LEAST = 10 / 12, MOST = 4;
  const roots = where instanceof Element ? [where] : document.querySelectorAll(`[data-ag="${where}"]:not(.ag-live)`);
  for (const root of roots) start(root);

  function start(root) {
    const image = root.querySelector("img");
    const source = root.querySelector("script[type='application/json']");
    if (!image || !source) return;
    root.classList.add("ag-live");
    const data = JSON.parse(source.textContent);
    const body = element("div", "ag-body");
    const stage = element("div", "ag-stage");
    const tip = element("div", "ag-tip");
    tip.setAttribute("role", "tooltip");
    image.replaceWith(body);
    body.append(stage);
    root.append(tip);
    const view = { root, stage, tip, data, past: [], now: 0, pictures: [], still: decode(image.src.split(",")[1]) };
    followTheme(root, data.theme);
    buttons(view);
    panAndZoom(view);
    tooltips(view);
    stage.addEventListener("click", (event) => click(view, event));
    stage.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { click(view, event); event.preventDefault(); }
    });
    root.addEventListener("ag-draw", (event) => put(view, event.detail, {}));
    root.addEventListener("ag-reveal", (event) => reveal(view, view.svg.querySelector(`[id="${event.detail}"]`)));
    show(view, 0);
  }

  function element(tag, name, text) {
    const made = document.createElement(tag);
    made.className = name;
    if (text) made.textContent = text;
    return made;
  }

  function decode(base64) {
    return new TextDecoder().decode(bytes(base64));
  }

  function bytes(base64) {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  }

  // The first picture lies alone, the others together behind it; each of the two is unpacked once.
  async function text(view, state) {
    if (typeof DecompressionStream === "undefined") return view.still;
    const [shelf, place] = state ? [1, state - 1] : [0, 0];
    view.pictures[shelf] ??= unpacked(view.data.pictures[shelf]);
    return (await view.pictures[shelf])[place];
  }

  async function unpacked(base64) {
    const stream = new Blob([bytes(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  // --- showing a state -------------------------------------------------------------------------------------------

  async function show(view, state) {
    view.now = state;
    view.root.dataset.state = state;
    view.back.style.display = view.past.length ? "" : "none";
    put(view, await text(view, state), view.data.clicks[state]);
    view.root.dispatchEvent(new CustomEvent("ag-shown", { detail: { state, svg: view.svg } }));
  }

  function put(view, source, clicks) {
    const svg = document.importNode(new DOMParser().parseFromString(source, "image/svg+xml").documentElement, true);
    for (const style of svg.querySelectorAll("style")) style.remove();  // the page's own rules take over
    svg.classList.add("ag-svg");
    view.svg = svg;
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    view.size = [width * 4 / 3, height * 4 / 3];  // a point is 4/3 pixels
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    for (const [key, target] of Object.entries(clicks)) {
      const part = svg.querySelector(`[id="${key}"]`);
      if (!part) continue;
      if (target === null) {
        part.dataset.note = "not in this page, which is kept small: draw this module alone";
        continue;
      }
      part.classList.add("ag-click");
      part.setAttribute("tabindex", "0");
      part.setAttribute("role", "button");
      part.setAttribute("aria-label", target === -1 ? "back" : target < -1 ? "show alone" : key[0] === "n" ? "unfold" : "fold");
      part.dataset.target = target;
    }
    const again = view.stage.firstElementChild && view.scale;
    view.stage.replaceChildren(svg);
    view.tip.style.display = "none";
    if (again) scaleTo(view, view.scale);
    else fit(view);
    view.root.dispatchEvent(new CustomEvent("ag-put", { detail: svg }));
  }

  function click(view, event) {
    const part = event.target.closest("[data-target]");
    if (part && !view.dragged) go(view, Number(part.dataset.target));
  }

  // What a click leads to: a state; -2 - a state, which shows a box alone; or -1, back to where one came from.
  function go(view, state) {
    if (state === -1) return show(view, view.past.pop() ?? 0);
    view.past.push(view.now);
    show(view, state < 0 ? -2 - state : state);
  }

  // --- pan and zoom ----------------------------------------------------------------------------------------------

  function buttons(view) {
    const bar = element("div", "ag-bar");
    for (const [label, title, act] of [
      ["←", "back", () => go(view, -1)],
      ["+", "zoom in", () => zoom(view, 1.25)],
      ["−", "zoom out", () => zoom(view, 0.8)],
      ["⤢", "show all", () => showAll(view)],
    ]) {
      const button = element("button", "ag-button", label);
      button.type = "button";
      button.title = title;
      button.setAttribute("aria-label", title);
      button.addEventListener("click", act);
      bar.append(button);
    }
    view.back = bar.firstElementChild;
    view.root.append(bar);
  }

  // As wide as there is room, but legible: what is wider scrolls, and begins where the input is.
  function fit(view) {
    scaleTo(view, Math.max(Math.min(1, view.stage.clientWidth / view.size[0]), LEAST));
    reveal(view, view.svg.querySelector(".ag-input") || view.svg.querySelector(".node"));
    view.stage.scrollTop = 0;
  }

  function showAll(view) {
    scaleTo(view, Math.min(1, view.stage.clientWidth / view.size[0], window.innerHeight * 0.9 / view.size[1]));
  }

  function scaleTo(view, scale) {
    view.scale = scale;
    view.svg.style.width = `${view.size[0] * scale}px`;
    view.svg.style.height = `${view.size[1] * scale}px`;
  }

  function zoom(view, factor, at) {
    const stage = view.stage;
    const [x, y] = at || [stage.clientWidth / 2, stage.clientHeight / 2];
    const before = view.scale;
    scaleTo(view, Math.min(Math.max(before * factor, 0.05), MOST));
    const grown = view.scale / before;
    stage.scrollLeft = (stage.scrollLeft + x) * grown - x;
    stage.scrollTop = (stage.scrollTop + y) * grown - y;
  }

  function drag(view, dragged) {
    view.dragged = dragged;
    view.stage.classList.toggle("ag-dragged", dragged);
  }

  function reveal(view, part) {
    if (!part) return;
    const own = part.getBoundingClientRect(), frame = view.stage.getBoundingClientRect();
    view.stage.scrollLeft += own.left + own.width / 2 - frame.left - frame.width / 2;
    view.stage.scrollTop += own.top + own.height / 2 - frame.top - frame.height / 2;
  }

  function panAndZoom(view) {
    let from = null;
    view.stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;  // the wheel alone scrolls
      event.preventDefault();
      const frame = view.stage.getBoundingClientRect();
      zoom(view, event.deltaY > 0 ? 0.89 : 1.12, [event.clientX - frame.left, event.clientY - frame.top]);
    }, { passive: false });
    view.stage.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, left: view.stage.scrollLeft, top: view.stage.scrollTop };
      drag(view, false);
    });
    window.addEventListener("pointermove", (event) => {
      if (!from || !view.svg.isConnected || event.pointerType === "touch") return;
      const dx = event.clientX - from.x, dy = event.clientY - from.y;
      if (Math.abs(dx) + Math.abs(dy) > 4) drag(view, true);
      if (!view.dragged) return;
      view.stage.scrollLeft = from.left - dx;
      view.stage.scrollTop = from.top - dy;
    });
    window.addEventListener("pointerup", () => { from = null; });
  }

  // --- tooltips --------------------------------------------------------------------------------------------------

  function tooltips(view) {
    view.stage.addEventListener("pointermove", (event) => {
      const link = event.target.closest && event.target.closest("a");
      const words = link && (link.getAttribute("xlink:title") || link.getAttributeNS("http://www.w3.org/1999/xlink", "title"));
      view.tip.style.display = words ? "block" : "none";
      if (!words) return;
      const note = link.closest("[data-note]");
      view.tip.textContent = note ? `${words}\n${note.dataset.note}` : words;
      const frame = view.root.getBoundingClientRect();
      view.tip.style.left = `${Math.min(event.clientX - frame.left + 14, Math.max(frame.width - view.tip.offsetWidth - 4, 0))}px`;
      view.tip.style.top = `${event.clientY - frame.top + 14}px`;
    });
    view.stage.addEventListener("pointerleave", () => { view.tip.style.display = "none"; });
    view.stage.addEventListener("click", (event) => { if (event.target.closest("a")) event.preventDefault(); });
  }

  // --- light and dark --------------------------------------------------------------------------------------------

  function followTheme(root, theme) {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const update = () => {
      const body = document.body;
      const lab = body.getAttribute("data-jp-theme-light");
      const code = body.getAttribute("data-vscode-theme-kind");
      const dark = theme !== "auto" ? theme === "dark" : lab ? lab === "false" : code ? /dark/.test(code) : system.matches;
      root.classList.toggle("ag-dark", dark);
    };
    update();
    system.addEventListener("change", update);
    const watch = new MutationObserver(update);
    watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
    root.addEventListener("ag-gone", () => { system.removeEventListener("change", update); watch.disconnect(); });
  }
})
