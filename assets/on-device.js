// « Garder ce rendez-vous sur cet appareil »: what one needs on the way, at the person's wish, in this browser only.
// No tax number, no electronic address, and nothing of it goes to the server.
import { createElement, useEffect, useState } from "react";

const KEPT = ["starts_at", "words", "channel", "office", "point", "place", "on_arrival", "office_phone", "reference"];

const isKept = (name, reference) => {
  try {
    return !!reference && JSON.parse(localStorage.getItem(name))?.reference === reference;
  } catch {
    return false;
  }
};

const keep = (name, card, documents) => {
  const facts = Object.fromEntries(KEPT.map((key) => [key, card[key]]));
  localStorage.setItem(name, JSON.stringify({ ...facts, documents }));
};

export function OnDevice({ name, card, documents, gone }) {
  const [kept, setKept] = useState(false);
  const look = () => setKept(isKept(name, card.reference));
  useEffect(() => {
    // It may have been moved or cancelled since.
    if (isKept(name, card.reference)) {
      if (gone) localStorage.removeItem(name);
      else keep(name, card, documents);
    }
    look();
    // Another tab may keep or erase it.
    addEventListener("storage", look);
    return () => removeEventListener("storage", look);
  }, [card.reference, card.words, card.channel, gone]);
  if (gone) return null;
  const turn = () => {
    try {
      if (kept) localStorage.removeItem(name);
      else keep(name, card, documents);
    } catch {
      // A browser that keeps nothing: the button stays as it is.
    }
    look();
  };
  const label = kept ? "Effacer de cet appareil" : "Garder ce rendez-vous sur cet appareil";
  const said = kept ? "Ce rendez-vous est gardé sur cet appareil." : "";
  return createElement(
    "div",
    null,
    createElement("button", { type: "button", className: "btn second", onClick: turn }, label),
    createElement("p", { role: "status", className: "under" }, said),
  );
}
