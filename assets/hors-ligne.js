// The offline page: shows the appointment that was kept on this device at the person's wish (app/state/on_device.py).
(() => {
  const NAME = "prochain-rendez-vous";
  const A_DAY = 24 * 3600 * 1000;
  const byId = (id) => document.getElementById(id);

  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(NAME));
    } catch {
      return null;
    }
  };
  const texts = (value) => (Array.isArray(value) ? value : [value]).filter((text) => typeof text === "string" && text);
  const fact = (term, value) => {
    const lines = texts(value);
    if (!lines.length) return;
    const title = document.createElement("dt");
    title.textContent = term;
    const words = lines.map((line) => {
      const element = document.createElement("dd");
      element.textContent = line;
      return element;
    });
    byId("rendez-vous-faits").append(title, ...words);
  };

  const show = () => {
    const kept = read();
    // What has passed is nobody's next appointment.
    if (!kept || !(Date.parse(kept.starts_at) > Date.now() - A_DAY)) return;
    fact("Date et heure", kept.words);
    fact("Rendez-vous", kept.channel);
    fact("Service", kept.office);
    fact("Adresse", [kept.point, kept.place, kept.on_arrival]);
    fact("Téléphone du service", kept.office_phone);
    fact("Référence", kept.reference);
    fact("À préparer", kept.documents);
    byId("rendez-vous").hidden = false;
  };

  byId("effacer").addEventListener("click", () => {
    localStorage.removeItem(NAME);
    byId("rendez-vous").hidden = true;
    byId("dit").textContent = "Le rendez-vous est effacé de cet appareil.";
  });
  byId("reessayer").addEventListener("click", () => location.reload());
  addEventListener("online", () => location.reload());
  show();
})();
