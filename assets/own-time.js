// Tells the server the browser's time zone where it differs from the office's, once the instants to say are known.
import { useEffect } from "react";

export function OwnTime({ instants, office, onCompare }) {
  const asked = instants.filter(Boolean).join(" ");
  useEffect(() => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (asked && office && zone && zone !== office) onCompare(asked.split(" "), office, zone);
  }, [asked, office]);
  return null;
}
