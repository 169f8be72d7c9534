// What a strict content security policy leaves to one small script of our own.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const closest = (event, selector) => event.target.closest?.(selector);
  const halt = (event) => (event.preventDefault(), event.stopPropagation());
  const write = (element, words) => element.textContent !== words && (element.textContent = words);

  // Countdown of a held slot, announced once at two minutes (WCAG 2.2.1).
  const count = () => {
    for (const box of all("[data-hold]")) {
      const clock = one("[data-deadline]", box);
      const left = Math.max(0, Math.floor((Date.parse(clock.dataset.deadline) - Date.now()) / 1000));
      write(clock, `${Math.floor(left / 60)} min ${String(left % 60).padStart(2, "0")} s`);
      one("[data-deadline-running]", box).hidden = left === 0;
      one("[data-deadline-over]", box).hidden = left > 0;
      const soon = left <= 120 ? "Il reste moins de deux minutes pour confirmer." : "";
      write(one("[data-deadline-said]", box), left === 0 ? "Le délai est passé." : soon);
    }
  };
  setInterval(count, 1000);

  // After a client-side navigation focus would fall to the body: the title takes it.
  const here = () => location.pathname + location.search;
  let place = here();
  let day = null;
  const follow = () => {
    if (here() !== place) {
      place = here();
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
  const roam = () => {
    for (const grid of all("[data-agenda]")) {
      const cells = all("[data-day]", grid);
      const first = (state) => cells.find((cell) => cell.matches(state));
      const stop = first(":focus") ?? first("[aria-pressed=true]") ?? first("[aria-disabled=false]") ?? cells[0];
      for (const cell of cells) cell.tabIndex = cell === stop ? 0 : -1;
    }
  };
  const move = (event) => {
    const cell = closest(event, "[data-agenda] [data-day]");
    if (!cell) return;
    const cells = all("[data-day]", cell.closest("[data-agenda]"));
    const at = cells.indexOf(cell);
    const monday = at - (at % 7);
    const arrows = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 7, ArrowDown: at + 7 };
    const to = { ...arrows, Home: monday, End: monday + 6, PageUp: -1, PageDown: cells.length }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (cells[to]) cells[to].focus();
    else all(".weeks button")[to < 0 ? 0 : 1]?.click();
    roam();
  };

  const press = (event) => {
    const field = byId(closest(event, ".error-summary a")?.hash.slice(1));
    if (field) {
      halt(event);
      field.focus();
      field.scrollIntoView({ block: "center" });
    }
    const sound = byId(closest(event, "[data-play]")?.dataset.play);
    if (sound) {
      sound.currentTime = 0;
      sound.play();
    }
    byId(closest(event, "[data-open]")?.dataset.open)?.showModal();
    if (closest(event, "[data-close]")) closest(event, "dialog")?.close();
    if (closest(event, "[data-print]")) print();
    if (closest(event, "[aria-disabled=true]")) halt(event);
  };

  // Signing out ends every tab: the page that follows tells the others, which load again without a session.
  const tabs = new BroadcastChannel("guichet");
  const reload = () => one("[data-sign-out]") && location.reload();
  const post = (event) => {
    // A form the browser itself sends goes once.
    if (event.target.method === "post" && event.submitter) event.submitter.ariaDisabled = "true";
    if (closest(event, "[data-sign-out]")) sessionStorage.out = 1;
  };
  if (sessionStorage.out) tabs.postMessage(delete sessionStorage.out);
  tabs.onmessage = reload;

  addEventListener("keydown", move);
  addEventListener("click", press, true);
  addEventListener("submit", post, true);
  addEventListener("pageshow", (event) => event.persisted && reload());
  addEventListener("toggle", (event) => event.newState === "open" && one("a, button", event.target)?.focus(), true);
  new MutationObserver(follow).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-pressed", "data-times", "href"] });
})();
