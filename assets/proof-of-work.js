// In every <div data-work="…" data-field="…">: a computation in place of characters to copy, in ALTCHA's protocol, version 2.
// Loaded for whoever asks for it; the browser derives the keys beside the page's own thread.
(() => {
  const WORDS = {
    begun: "Vérification en cours, quelques secondes…",
    half: "Vérification à moitié faite…",
    done: "Vérification faite. Vous pouvez envoyer le formulaire.",
    failed:
      "Votre navigateur ne permet pas cette vérification\u00a0: elle demande une connexion sécurisée (https) et un " +
      "navigateur récent. Recopiez une image, écoutez-la, ou appelez l’assistance.",
  };
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const hex = (found) => [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const add = (parent, name, attributes) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return parent.appendChild(element);
  };

  const derive = async ({ nonce, salt, cost, keyLength }, counter) => {
    const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
    new DataView(password.buffer).setUint32(password.length - 4, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
    return hex(await crypto.subtle.deriveBits(how, key, keyLength * 8));
  };

  const solve = async (box, challenge, show) => {
    const began = performance.now();
    const { keyPrefix, data } = challenge.parameters;
    for (let counter = 0; counter < data.most && box.isConnected; counter += 1) {
      const derivedKey = await derive(challenge.parameters, counter);
      show(counter + 1);
      if (derivedKey.startsWith(keyPrefix)) {
        const solution = { counter, derivedKey, time: Math.round(performance.now() - began) };
        return btoa(JSON.stringify({ challenge, solution }));
      }
    }
    throw new Error("no solution");
  };

  const begin = (box) => {
    const challenge = JSON.parse(box.dataset.work);
    const most = challenge.parameters.data.most;
    const bar = add(box, "progress", { max: most, value: 0, "aria-label": "Avancement de la vérification" });
    const words = add(box, "p", { role: "status" });
    const end = (text) => {
      bar.hidden = true;
      words.textContent = text;
    };
    const show = (count) => {
      bar.value = count;
      if (count === most / 2) words.textContent = WORDS.half;
    };
    const run = async () => {
      words.textContent = WORDS.begun;
      try {
        add(box, "input", { type: "hidden", name: box.dataset.field, value: await solve(box, challenge, show) });
        box.dataset.done = "";
        end(WORDS.done);
      } catch {
        end(WORDS.failed);
      }
    };
    // A live region says what changes in it, not what it begins with.
    setTimeout(run, 100);
  };

  const look = () => document.querySelectorAll("[data-work]:empty").forEach(begin);
  new MutationObserver(look).observe(document, { subtree: true, childList: true });
  look();
})();
