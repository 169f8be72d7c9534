// How long a time is still kept, announced once at two minutes (WCAG 2.2.1). The server's clock counts: a device may be
// wrong by minutes.
(() => {
  const ahead = new Map();
  const write = (element, words) => element.textContent !== words && (element.textContent = words);
  const two = (number) => String(number).padStart(2, "0");
  const duration = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    // What was offered in the evening is kept until the morning.
    if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
    return `${minutes} min ${two(seconds % 60)} s`;
  };
  const count = () => {
    for (const box of document.querySelectorAll("[data-hold]")) {
      const part = (name) => box.querySelector(`[data-deadline${name}]`);
      const { deadline, now } = part("").dataset;
      if (!ahead.has(now)) ahead.set(now, Date.now() - Date.parse(now));
      const left = Math.max(0, Math.floor((Date.parse(deadline) + ahead.get(now) - Date.now()) / 1000));
      write(part(""), duration(left));
      part("-running").hidden = !left;
      part("-over").hidden = left > 0;
      // What is kept for hours needs no minutes more, and what was prolonged as often as may be gets none.
      const extend = box.querySelector("[data-extend-within]");
      extend.hidden = left > Number(extend.dataset.extendWithin);
      const soon = left <= 120 ? "Il reste moins de deux minutes pour confirmer." : "";
      write(part("-said"), left ? soon : "Le délai est passé.");
    }
  };
  setInterval(count, 250);
  count();
})();
