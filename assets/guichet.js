// What the content security policy leaves to one script of our own.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const closest = (event, selector) => event.target.closest?.(selector);
  const html = document.documentElement.dataset;
  const halt = (event) => (event.preventDefault(), event.stopPropagation());

  // After a navigation the title takes the focus, not the body: once the page has what the server sends (layout.py
  // says « no », then « yes »), or after a second; whoever moved on meanwhile is left alone.
  const here = () => location.pathname + location.search;
  let place = here();
  let day, origin, waits, late;
  const arrive = () => {
    delete html.moving;
    const at = document.activeElement;
    const id = location.hash.slice(1);
    if (at === origin || at === document.body) (byId(id) ?? one(".error-summary") ?? one("h1"))?.focus({ preventScroll: !id });
    clearTimeout(late);
    origin = null;
  };
  // On a phone the times stand below the days.
  const showTimes = () => matchMedia("(max-width: 47.99rem)").matches && one("[data-times]").scrollIntoView({ block: "nearest" });
  const follow = () => {
    if (here() !== place) {
      place = here();
      if (place.startsWith("/espace-ferme")) tabs.postMessage(0);
      one(":popover-open")?.hidePopover();
      origin = document.activeElement ?? document.body;
      waits = false;
      html.moving = "";
      clearTimeout(late);
      late = setTimeout(arrive, 1000);
    }
    const loaded = byId("contenu")?.dataset.loaded;
    waits ||= loaded === "no";
    if (origin && waits && loaded === "yes") arrive();
    const { title } = document;
    const failed = !!one(".error-summary");
    if (failed !== title.startsWith("Erreur : ")) document.title = failed ? "Erreur : " + title : title.slice(9);
    const times = one("[data-times]");
    const chosen = times?.dataset.times;
    if (chosen !== day) {
      if (day != null && chosen) showTimes();
      day = chosen;
    }
    roam();
    if (isLost()) setTimeout(find, 50);
  };

  // What goes with its own press leaves the focus to what took its name, else to the heading above its place. The
  // server says of some where it goes: that comes first.
  let around = [];
  const isLost = () => around[0] && !around[0].isConnected && document.activeElement === document.body && html.moving == null;
  const find = () => {
    if (!isLost()) return;
    const place = around.find((each) => each.isConnected);
    const isAbove = (each) => each.compareDocumentPosition(place) === Node.DOCUMENT_POSITION_FOLLOWING;
    const within = place.matches("ul, ol") ? null : one("h1, h2, h3", place);
    const heading = within ?? all("main :is(h1, h2, h3)").filter(isAbove).pop() ?? one("h1");
    if (heading && !heading.hasAttribute("tabindex")) heading.tabIndex = -1;
    (byId(around[0].id) ?? heading)?.focus();
  };
  // Who clicked beside everything has let go of it themselves.
  const letGo = ({ target }) => setTimeout(() => {
    if (target.isConnected && document.activeElement === document.body) around = [];
  });
  const WHOLE = ".notice, .error-summary, .captcha";
  const focused = ({ target }) => {
    around = [];
    for (let each = target; each; each = each.parentElement) around.push(each);
    // A menu lies over the page: whoever leaves it must see where they are.
    const menu = one(":popover-open");
    if (menu && !menu.contains(target) && target.matches(":focus-visible")) menu.hidePopover();
    // A question that a press opened shows whole, with its buttons.
    const whole = target.tabIndex < 0 && (target.closest(WHOLE) ?? one(`:scope > :is(${WHOLE})`, target));
    if (whole) requestAnimationFrame(() => whole.scrollIntoView({ block: "nearest" }));
  };
  const opened = ({ target, newState }) => {
    if (newState !== "open") return;
    // What has to be read by scrolling is read from its beginning.
    if (target.popover || (target.matches("dialog") && target.scrollHeight <= target.clientHeight)) one("a, button", target)?.focus();
    else if (target.contains(document.activeElement) && target.offsetHeight < innerHeight) target.scrollIntoView({ block: "nearest" });
  };

  // The agenda is one stop of the Tab key; arrows move inside it.
  const days = () => all("[data-agenda] [data-day]");
  const roam = () => {
    const cells = days();
    const first = (state) => cells.find((day) => day.matches(state));
    const stop = first(":focus") ?? first("[aria-pressed=true]") ?? first("[aria-disabled=false]") ?? cells[0];
    for (const each of cells) each.tabIndex = each === stop ? 0 : -1;
  };
  const move = (event) => {
    const cells = days();
    const at = cells.indexOf(closest(event, "[data-day]"));
    if (at < 0) return;
    const to = {
      ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 7, ArrowDown: at + 7,
      Home: at - at % 7, End: at - at % 7 + 6, PageUp: -1, PageDown: cells.length,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (cells[to]) cells[to].focus();
    else all(".weeks button")[to < 0 ? 0 : 1]?.click();
    roam();
  };

  const press = (event) => {
    pressed = closest(event, "button, a");
    pressedAt = performance.now();
    if (!silence) say();
    const field = byId(closest(event, ".error-summary a")?.hash.slice(1));
    if (field) {
      halt(event);
      field.focus();
      field.scrollIntoView({ block: "center" });
    }
    const sound = byId(closest(event, "[data-play]")?.dataset.play);
    if (sound) sound.currentTime = 0;
    sound?.play();
    const box = byId(closest(event, "[data-open]")?.dataset.open);
    // Its first button, at the end, would take the focus and scroll a small screen there.
    box?.showModal();
    box?.querySelector("h2").focus();
    box?.scrollTo(0, 0);
    closest(event, "[data-close]")?.closest("dialog").close();
    if (closest(event, "[data-print]")) print();
    if (closest(event, "[aria-disabled=true]")) halt(event);
  };

  const reload = () => one("[data-sign-out]") && location.reload();
  const post = ({ defaultPrevented, submitter, target }) => {
    // What the browser itself posts goes once.
    if (defaultPrevented || target.method !== "post") return;
    if (submitter) submitter.ariaDisabled = true;
    if (target.matches("[data-sign-out]")) sessionStorage.out = 1;
  };

  // A line may fall silent without closing. What is pressed shows at once that it is at work, the person reads so when
  // no answer comes, and once there is one again whether to press again: the former websocket may have swallowed it.
  const SILENT = 7000;
  const DEAD = 15000;
  const sockets = new WeakSet();
  let pressed, pressedAt, silence, death, swallowed;
  const say = (id) => byId("ligne")?.replaceChildren(...(id ? byId(id).cloneNode(true).childNodes : []));
  const heard = () => {
    clearTimeout(silence);
    clearTimeout(death);
    if (pressed) delete pressed.dataset.waits;
    if (silence || swallowed) say(swallowed ? "ligne-revenue" : "");
    pressed = silence = swallowed = null;
  };
  const listen = (socket) => {
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.addEventListener("message", heard);
    socket.addEventListener("close", () => (swallowed ||= silence && pressed?.matches("[data-waits]")));
  };
  const asks = (socket) => {
    if (pressed && performance.now() - pressedAt < 1000) pressed.dataset.waits = "";
    if (silence) return;
    silence = setTimeout(say, SILENT, "ligne-muette");
    death = setTimeout(() => socket.close(), DEAD);
  };
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    listen(this);
    if (String(data).startsWith("42")) asks(this);
    return send.call(this, data);
  };

  // Before Reflex hangs up (hence « true »: its script may be here first), fields hand over the rest (draft-field.js).
  for (const name of ["beforeunload", "pagehide"]) addEventListener(name, () => document.dispatchEvent(new Event("guichet:leaving")), true);

  addEventListener("keydown", move);
  addEventListener("click", press, true);
  addEventListener("click", (event) => closest(event, "[data-day][aria-pressed=true]") && showTimes());
  addEventListener("submit", post);
  addEventListener("pageshow", (event) => event.persisted && reload());
  addEventListener("focusin", focused);
  addEventListener("focusout", letGo);
  addEventListener("toggle", opened, true);
  new MutationObserver(follow).observe(document, { subtree: true, childList: true, attributeFilter: ["aria-pressed", "data-loaded", "data-times", "href"] });

  // The page after signing out or closing a space tells the other tabs.
  const tabs = new BroadcastChannel("guichet");
  tabs.onmessage = reload;
  if (sessionStorage.out) tabs.postMessage(delete sessionStorage.out);
  navigator.serviceWorker?.register("/sw.js");

  // A page of a new version may be missing from the old one's files: React Router then loads the page anew on which the
  // person stands. The tap counts all the same.
  const GOING = "guichet:going";
  const bound = ({ pathname, search, hash }) => pathname + search + hash;
  addEventListener("pagehide", () => {
    const to = window.__reactRouterDataRouter?.state.navigation.location;
    if (to) sessionStorage[GOING] = bound(to);
  });
  const going = sessionStorage[GOING];
  delete sessionStorage[GOING];
  if (going && going !== bound(location) && performance.getEntriesByType("navigation")[0]?.type === "reload") location.replace(going);
})();
