// A session is about to end (WCAG 2.2.1): said here two minutes before, by this browser's clock. The server is asked
// once before, since another tab may have been used meanwhile, and once at the end, to be told why.
(() => {
  const since = new Map();
  const tabs = new BroadcastChannel("guichet-session");
  const one = (selector) => document.querySelector(selector);
  const ask = () => one("[data-session-look]")?.click();
  let asked, opened, over;
  const duration = (seconds) => {
    const rest = `${seconds % 60}\u00a0s`;
    return seconds < 60 ? rest : `${Math.floor(seconds / 60)}\u00a0min\u00a0${rest}`;
  };
  const warn = (dialog, seconds) => {
    // The browser gives the focus to its one button; whoever closed it is not asked again.
    if (!opened) dialog.showModal();
    opened = true;
    const time = dialog.querySelector("[data-session-time]");
    if (time) time.textContent = duration(seconds);
  };
  const count = () => {
    const box = one("[data-session]");
    if (!box) return;
    const { session, left, warnedAt } = box.dataset;
    const dialog = box.querySelector("dialog");
    const now = Date.now();
    if (!since.has(session)) since.set(session, now);
    const seconds = left - Math.floor((now - since.get(session)) / 1000);
    if (seconds > warnedAt) {
      if (dialog.open) {
        dialog.close();
        tabs.postMessage("");
      }
      asked = opened = false;
    } else if (!asked) {
      asked = { session, at: now };
      ask();
    } else if (seconds < 0) {
      if (over !== session) ask();
      over = session;
    } else if (session !== asked.session || now - asked.at > 5000) {
      warn(dialog, seconds);
    }
  };
  // Whoever stayed in another tab stays here too.
  tabs.onmessage = () => one("[data-session] dialog")?.open && ask();
  setInterval(count, 500);
  count();
})();
