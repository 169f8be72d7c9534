// A text field that keeps its own text and hands it to the server's draft.
// A controlled field would lose keystrokes on a slow link; a plain uncontrolled one would lose them at a reload.
import { createElement, useEffect, useRef } from "react";

const PAUSE = 700;

function useDraft({ name, draft, force, onSave }) {
  const field = useRef(null);
  const timer = useRef(0);
  const seen = useRef(force);
  const save = useRef(onSave);
  save.current = onSave;

  const flush = () => {
    if (!timer.current) return;
    clearTimeout(timer.current);
    timer.current = 0;
    if (field.current) save.current?.(name, field.current.value);
  };
  useEffect(() => {
    const element = field.current;
    const forced = seen.current !== force;
    seen.current = force;
    // What a person has typed wins over an older draft that arrives late.
    if (element && (forced || (element.value === "" && draft))) element.value = draft ?? "";
  }, [draft, force]);
  useEffect(() => {
    addEventListener("pagehide", flush);
    return () => {
      removeEventListener("pagehide", flush);
      flush();
    };
  }, []);
  return {
    ref: field,
    name,
    onInput: () => {
      clearTimeout(timer.current);
      timer.current = setTimeout(flush, PAUSE);
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
