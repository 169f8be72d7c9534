// What a strict content security policy leaves to one small script of our own.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const closest = (event, selector) => event.target.closest?.(selector);

  // Countdown of a held slot, announced once at two minutes (WCAG 2.2.1).
  const count = () => {
    for (const box of all("[data-hold]")) {
      const clock = one("[data-deadline]", box);
      const left = Math.max(0, Math.floor((Date.parse(clock.dataset.deadline) - Date.now()) / 1000));
      const words = `${Math.floor(left / 60)} min ${String(left % 60).padStart(2, "0")} s`;
      if (clock.textContent !== words) clock.textContent = words;
      one("[data-deadline-running]", box).hidden = left === 0;
      one("[data-deadline-over]", box).hidden = left > 0;
      const said = one("[data-deadline-said]", box);
      const say = left === 0 ? "Le délai est passé." : left <= 120 ? "Il reste moins de deux minutes pour confirmer." : "";
      if (said.textContent !== say) said.textContent = say;
    }
  };
  setInterval(count, 1000);

  // After a client-side navigation focus would fall to the body: the title takes it.
  let place = location.pathname + location.search;
  let day = null;
  const follow = () => {
    const now = location.pathname + location.search;
    if (now !== place) {
      place = now;
      one("[popover]:popover-open")?.hidePopover();
      if (!location.hash) setTimeout(() => one("h1")?.focus({ preventScroll: true }), 60);
    }
    const mark = "Erreur : ";
    const failed = one(".error-summary") !== null;
    if (failed !== document.title.startsWith(mark)) {
      document.title = failed ? mark + document.title : document.title.slice(mark.length);
    }
    const chosen = one("[data-times]")?.dataset.times ?? null;
    if (chosen !== day) {
      const tapped = day !== null && chosen;
      day = chosen;
      if (tapped && matchMedia("(max-width: 47.99rem)").matches) one("[data-times]").scrollIntoView({ block: "nearest" });
    }
    roam();
    count();
  };

  // The agenda is one stop of the Tab key; arrows move inside it.
  const days = (grid) => all("[data-day]", grid);
  const roam = () => {
    for (const grid of all("[data-agenda]")) {
      const cells = days(grid);
      if (!cells.length) continue;
      const current =
        cells.find((cell) => cell === document.activeElement) ??
        cells.find((cell) => cell.ariaPressed === "true") ??
        cells.find((cell) => cell.ariaDisabled !== "true") ??
        cells[0];
      for (const cell of cells) {
        const wanted = cell === current ? 0 : -1;
        if (cell.tabIndex !== wanted) cell.tabIndex = wanted;
      }
    }
  };
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  const move = (event) => {
    const cell = closest(event, "[data-agenda] [data-day]");
    if (!cell) return;
    const cells = days(cell.closest("[data-agenda]"));
    const at = cells.indexOf(cell);
    const turn = { PageUp: 0, PageDown: 1 }[event.key];
    let to = at + (STEPS[event.key] ?? 0);
    if (event.key === "Home") to = at - (at % 7);
    if (event.key === "End") to = at - (at % 7) + 6;
    if (turn !== undefined || to < 0 || to >= cells.length) {
      event.preventDefault();
      all(".weeks button")[turn ?? (to < 0 ? 0 : 1)]?.click();
    } else if (to !== at || event.key === "Home" || event.key === "End") {
      event.preventDefault();
      cells[to].focus();
    }
    roam();
  };

  const press = (event) => {
    const field = closest(event, ".error-summary a");
    if (field) {
      const target = document.getElementById(field.hash.slice(1));
      if (target) {
        event.preventDefault();
        event.stopPropagation();
        target.focus();
        target.scrollIntoView({ block: "center" });
      }
    }
    const play = closest(event, "[data-play]");
    if (play) {
      const sound = document.getElementById(play.dataset.play);
      if (sound) {
        sound.currentTime = 0;
        sound.play();
      }
    }
    const opener = closest(event, "[data-open]");
    if (opener) document.getElementById(opener.dataset.open)?.showModal();
    if (closest(event, "[data-close]")) closest(event, "dialog")?.close();
    if (closest(event, "[data-print]")) print();
    if (closest(event, "[aria-disabled=true]")) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  addEventListener("keydown", move);
  addEventListener("click", press, true);
  addEventListener("toggle", (event) => event.newState === "open" && one("a, button", event.target)?.focus(), true);
  new MutationObserver(follow).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-pressed", "data-times", "href"] });
})();
