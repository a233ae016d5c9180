// The race: paths of all settings are here already; the sliders choose, the clock runs.
(function () {
  const stage = document.currentScript.closest("[data-race]");
  const race = JSON.parse(stage.querySelector("script[type='application/json']").textContent);
  const bytes = Uint8Array.from(atob(race.places), (c) => c.charCodeAt(0));
  const places = new Int16Array(bytes.buffer);
  const live = document.createElement("div");
  live.innerHTML = race.live;
  stage.querySelector("img").replaceWith(live);
  const find = (name) => stage.querySelector(`[data-part='${name}']`);
  const rate = find("rate");
  const momentum = find("momentum");
  const time = find("time");
  const play = find("play");
  const length = 2 * (race.steps + 1);
  let timer = null;

  function points(optimizer, until) {
    const setting = +rate.value * race.momenta.length + +momentum.value;
    const start = race.starts[optimizer][setting] * length;
    return places.subarray(start, start + 2 * (until + 1));
  }

  function draw() {
    const now = +time.value;
    find("rate-text").textContent = race.rates[rate.value];
    find("momentum-text").textContent = race.momenta[momentum.value];
    find("time-text").textContent = now * race.pace;
    race.labels.forEach((label, i) => {
      const at = points(i, now);
      let words = "";
      for (let k = 0; k < at.length; k += 2) words += at[k] / 10 + "," + at[k + 1] / 10 + " ";
      find("path-" + i).setAttribute("points", words);
      find("head-" + i).setAttribute("cx", at[at.length - 2] / 10);
      find("head-" + i).setAttribute("cy", at[at.length - 1] / 10);
    });
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶";
  }

  function start() {
    if (+time.value >= race.steps) time.value = 0;
    play.textContent = "❚❚";
    timer = setInterval(() => {
      if (!stage.isConnected) return clearInterval(timer);
      time.value = +time.value + 1;
      draw();
      if (+time.value >= race.steps) stop();
    }, 50);
  }

  play.addEventListener("click", () => (timer === null ? start() : stop()));
  time.addEventListener("input", () => { stop(); draw(); });
  for (const slider of [rate, momentum]) {
    slider.addEventListener("input", () => { if (timer === null && +time.value === 0) start(); draw(); });
  }
  stage.querySelectorAll("[data-key]").forEach((key) => {
    key.addEventListener("click", () => {
      const hidden = key.toggleAttribute("data-hidden");
      for (const part of ["path-", "head-"]) {
        find(part + key.dataset.key).style.display = hidden ? "none" : "";
      }
      key.setAttribute("aria-pressed", String(!hidden));
    });
  });
  draw();
})();
