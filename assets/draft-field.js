// A text field that keeps its own text and hands it to the server's draft.
// A controlled field would lose keystrokes on a slow link; a plain uncontrolled one would lose them at a reload.
import { createElement, Fragment, useEffect, useLayoutEffect, useRef, useState } from "react";

const PAUSE = 700;
const LONG_PAUSE = 1500;

// What was typed waits here, in memory only, for the same field of the same visit to the same page: after a restart of
// the server the page is drawn again from the start. A page that is left hands it to the next one of its tab, which
// takes it out of the browser's storage at once: what is sent to the server in that moment may arrive too late or, on a
// cut line, never.
const LEFT = "guichet:typed";
const TAKEN_WITHIN = 600000;
const waiting = new Map();
const leaving = new Map();
try {
  const { at, typed } = JSON.parse(sessionStorage[LEFT]);
  delete sessionStorage[LEFT];
  if (Date.now() - at < TAKEN_WITHIN) for (const [here, text] of typed) waiting.set(here, text);
} catch {
  // Nothing was left, or this browser keeps nothing.
}
const hand = (here, text) => {
  leaving.set(here, text);
  try {
    sessionStorage[LEFT] = JSON.stringify({ at: Date.now(), typed: [...leaving] });
  } catch {
    // The server's draft is what remains.
  }
};
const place = (name) => `${history.state?.key ?? ""} ${location.pathname} ${name}`;

// While a finger or a button is down nothing comes that would move what it is on.
let isDown = false;
const held = new Set();
const lift = () => {
  isDown = false;
  // After the click that belongs to it.
  setTimeout(() => {
    for (const later of held) later();
    held.clear();
  });
};
globalThis.document?.addEventListener("pointerdown", () => (isDown = true), true);
for (const end of ["pointerup", "pointercancel"]) globalThis.document?.addEventListener(end, lift, true);

function useDraft({ name, draft, force, onSave, ref }) {
  const field = useRef(null);
  const timer = useRef(0);
  const seen = useRef(force);
  const save = useRef(onSave);
  const typed = useRef(null);
  const shown = useRef("");
  save.current = onSave;
  // What the server lets take the focus is found by this.
  useLayoutEffect(() => {
    if (ref) ref.current = field.current;
  });

  const flush = () => {
    if (!timer.current) return;
    clearTimeout(timer.current);
    timer.current = 0;
    save.current?.(name, typed.current);
  };
  const later = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(flush, PAUSE);
  };
  useEffect(() => {
    const here = place(name);
    if (waiting.has(here) && field.current) {
      typed.current = field.current.value = waiting.get(here);
      waiting.delete(here);
      later();
    }
    const leave = () => {
      flush();
      if (typed.current !== null && place(name) === here) hand(here, typed.current);
    };
    document.addEventListener("guichet:leaving", leave);
    return () => {
      document.removeEventListener("guichet:leaving", leave);
      leaving.delete(here);
      flush();
      if (typed.current !== null && place(name) === here) waiting.set(here, typed.current);
    };
  }, []);
  useEffect(() => {
    const element = field.current;
    const forced = seen.current !== force;
    seen.current = force;
    if (forced) typed.current = null;
    // What a person has typed wins over an older draft that arrives late; a draft that a page had kept from before its
    // reload gives way to the one that is loaded then.
    const untouched = element && typed.current === null && element.value === shown.current;
    if (element && (forced || (untouched && draft !== undefined))) shown.current = element.value = draft ?? "";
  }, [draft, force]);
  return {
    ref: field,
    name,
    onInput: (event) => {
      typed.current = event.target.value;
      later();
    },
    onBlur: flush,
  };
}

// Shows its content or not, without moving what has the focus further down.
function usePlace(box) {
  const [isShown, setShown] = useState(false);
  const before = useRef(null);
  useLayoutEffect(() => {
    const { element, top } = before.current ?? {};
    before.current = null;
    const moved = element?.isConnected ? element.getBoundingClientRect().top - top : 0;
    if (moved) window.scrollBy({ top: moved, behavior: "instant" });
  }, [isShown]);
  const show = (wanted) => {
    const element = document.activeElement;
    const isBelow = element && box.current?.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
    before.current = isBelow && wanted !== isShown ? { element, top: element.getBoundingClientRect().top } : null;
    setShown(wanted);
  };
  return [isShown, show];
}

export function DraftInput({ draft, force, onSave, ref, ...rest }) {
  return createElement("input", { ...rest, ...useDraft({ name: rest.name, draft, force, onSave, ref }) });
}

export function DraftTextarea({ draft, force, onSave, ref, ...rest }) {
  return createElement("textarea", { ...rest, ...useDraft({ name: rest.name, draft, force, onSave, ref }) });
}

// A mail address, and under it the question about it (app/state/near_address.py): asked for when the field is left,
// shown while the field holds the text it is about. Where only the button of the form is left to go to, a pause will do.
export function DraftMail({ draft, force, onSave, ref, typed, meant, isLast, onLeft, onKept, children, ...rest }) {
  const { name } = rest;
  const control = useDraft({ name, draft, force, onSave, ref });
  const box = useRef(null);
  const [isShown, show] = usePlace(box);
  const asked = useRef("");
  const kept = useRef("");
  const settle = useRef(null);
  const pause = useRef(0);
  settle.current = () => {
    const text = control.ref.current?.value;
    const isWanted = Boolean(typed) && text === typed && text !== kept.current;
    if (isWanted && isDown) held.add(() => settle.current());
    else show(isWanted);
  };
  useEffect(() => settle.current(), [typed, draft, force]);
  useEffect(() => () => clearTimeout(pause.current), []);

  const ask = (text) => {
    clearTimeout(pause.current);
    if (text !== asked.current && text.includes("@")) onLeft?.(name, text);
    asked.current = text;
    settle.current();
  };
  const answer = (event) => {
    const chosen = event.target.closest("[data-answer]")?.dataset.answer;
    const field = control.ref.current;
    if (!chosen || !field) return;
    if (chosen === "take") {
      asked.current = field.value = meant;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      kept.current = typed;
      onKept?.(name, typed);
    }
    show(false);
    field.focus();
  };
  const input = createElement("input", {
    ...rest,
    ...control,
    onInput: (event) => {
      control.onInput(event);
      const text = event.target.value;
      if (text !== typed) show(false);
      clearTimeout(pause.current);
      if (isLast && /@.*[.]/.test(text)) pause.current = setTimeout(() => ask(text), LONG_PAUSE);
    },
    onBlur: (event) => {
      control.onBlur();
      ask(event.target.value);
    },
  });
  return createElement(
    Fragment,
    null,
    input,
    createElement("div", { ref: box, role: "status", onClick: answer }, isShown && children),
  );
}
