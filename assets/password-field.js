// A password field: shown on demand, sent for its strength after a pause in typing, kept nowhere.
import { createElement, Fragment, useEffect, useRef, useState } from "react";

const PAUSE = 500;

export function PasswordField({ onRate, ...rest }) {
  const [shown, show] = useState(false);
  const field = useRef(null);
  const timer = useRef(0);

  useEffect(() => {
    // Browsers remember what a text field held: it is a password again before it leaves.
    const form = field.current?.form;
    const hide = () => show(false);
    form?.addEventListener("submit", hide);
    return () => {
      clearTimeout(timer.current);
      form?.removeEventListener("submit", hide);
    };
  }, []);

  const pause = (event) => {
    const typed = event.target.value;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onRate(typed), PAUSE);
  };
  const input = createElement("input", {
    ...rest,
    ref: field,
    type: shown ? "text" : "password",
    onInput: onRate ? pause : undefined,
  });
  const toggle = createElement(
    "button",
    { type: "button", className: "btn second", "aria-controls": rest.id, onClick: () => show(!shown) },
    shown ? "Masquer" : "Afficher",
    createElement("span", { className: "unseen" }, " le mot de passe"),
  );
  return createElement(Fragment, null, input, toggle);
}
