// A text field that keeps its own text and hands it to the server's draft.
// A controlled field would lose keystrokes on a slow link; a plain uncontrolled one would lose them at a reload.
import { createElement, useEffect, useRef } from "react";

const PAUSE = 700;

// After a server restart the page is drawn again from the start: what was typed meanwhile waits here, in memory
// only, for the same field of the same visit to the same page.
const waiting = new Map();
const place = (name) => `${history.state?.key ?? ""} ${location.pathname} ${name}`;

function useDraft({ name, draft, force, onSave }) {
  const field = useRef(null);
  const timer = useRef(0);
  const seen = useRef(force);
  const save = useRef(onSave);
  const typed = useRef(null);
  const shown = useRef("");
  save.current = onSave;

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
    document.addEventListener("guichet:leaving", flush);
    return () => {
      document.removeEventListener("guichet:leaving", flush);
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

export function DraftInput({ draft, force, onSave, ...rest }) {
  return createElement("input", { ...rest, ...useDraft({ name: rest.name, draft, force, onSave }) });
}

export function DraftTextarea({ draft, force, onSave, ...rest }) {
  return createElement("textarea", { ...rest, ...useDraft({ name: rest.name, draft, force, onSave }) });
}
