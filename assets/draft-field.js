// A text field that keeps its own text and hands it to the server's draft.
// A controlled field would lose keystrokes on a slow link; a plain uncontrolled one would lose them at a reload.
import { createElement, useEffect, useLayoutEffect, useRef } from "react";

const PAUSE = 700;

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

export function DraftInput({ draft, force, onSave, ref, ...rest }) {
  return createElement("input", { ...rest, ...useDraft({ name: rest.name, draft, force, onSave, ref }) });
}

export function DraftTextarea({ draft, force, onSave, ref, ...rest }) {
  return createElement("textarea", { ...rest, ...useDraft({ name: rest.name, draft, force, onSave, ref }) });
}
