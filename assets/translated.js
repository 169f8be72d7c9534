// A browser that translates a page takes each text out of it and puts <font> elements in its place; React goes on
// writing into texts that nobody sees. From the first translated text on, a text that React is about to write to, to
// move or to remove goes back to its place first; the browser then translates what is new (docs/decisions/0027).
(() => {
  const LONGEST_START = 10_000;
  const standIns = new WeakMap();
  const taken = new WeakSet();

  const putBack = (node) => {
    const font = standIns.get(node);
    standIns.delete(node);
    font?.parentNode?.replaceChild(node, font);
  };

  // React takes over the page it finds only if the texts are its own: until then they come back at once.
  let isReacts = false;
  const isStarting = () => {
    isReacts ||= Object.keys(document.body).some((key) => key.startsWith("__reactFiber"));
    return !isReacts && performance.now() < LONGEST_START;
  };

  const isText = (node) => node.nodeType === Node.TEXT_NODE;
  const standsFor = (node, text) =>
    node?.nodeName === "FONT" && !taken.has(node) && (!text.isConnected || node.contains(text));
  // The elements come with the record of the text that went, or stand beside its place, or come with the next record.
  let gone;
  const notice = (records) =>
    records.forEach(({ target, removedNodes, addedNodes, previousSibling, nextSibling }) => {
      if (gone?.target === target) pair(gone.text, [...addedNodes]);
      gone = undefined;
      for (const text of [...removedNodes].filter(isText))
        if (!pair(text, [previousSibling, nextSibling, ...addedNodes])) gone = { text, target };
    });
  const pair = (text, beside) => {
    const font = beside.find((node) => standsFor(node, text));
    if (!font) return false;
    standIns.set(text, font);
    taken.add(font);
    if (isStarting()) putBack(text);
    else listen();
    return true;
  };
  const observer = new MutationObserver(notice);
  observer.observe(document.documentElement, { childList: true, subtree: true });

  let isListening = false;
  const listen = () => {
    if (isListening) return;
    isListening = true;
    const first = (owner, name, kind, place = owner) => {
      const property = Object.getOwnPropertyDescriptor(owner, name);
      const native = property[kind];
      property[kind] = function (...values) {
        notice(observer.takeRecords());
        [this, ...values].forEach(putBack);
        return native.apply(this, values);
      };
      Object.defineProperty(place, name, property);
    };
    first(Node.prototype, "nodeValue", "set", Text.prototype);
    for (const name of ["appendChild", "insertBefore", "removeChild"]) first(Node.prototype, name, "value");
  };
})();
