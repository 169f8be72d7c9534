// A picture is good for ten minutes, a form may take longer: another one is asked for while the old one still serves.
(() => {
  const since = new Map();
  const look = () => {
    for (const picture of document.querySelectorAll("[data-renews-in]")) {
      const shown = picture.src + picture.dataset.renewsIn;
      if (!since.has(shown)) since.set(shown, Date.now());
      // Far in the future once it is asked for: once is enough.
      if (Date.now() - since.get(shown) < picture.dataset.renewsIn * 1000) continue;
      since.set(shown, Infinity);
      document.querySelector("[data-renew]")?.click();
    }
  };
  setInterval(look, 1000);
  look();
})();
