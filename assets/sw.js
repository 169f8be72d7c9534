// The service worker: shows one page while the network is away, and keeps nothing but that page and its files.
// Pages, answers and files of people are never kept: they may be private, and they would be out of date.
// The server puts in what these files hold now (app/web/offline.py): a change of one reaches every installed client.
const KEPT = "guichet-1";
const PAGE = "/hors-ligne";
const FILES = [PAGE, "/hors-ligne.js", "/erreur.css", "/favicon.svg", "/fonts/public-sans.woff2"];

const install = async () => {
  const cache = await caches.open(KEPT);
  await cache.addAll(FILES.map((path) => new Request(path, { credentials: "omit", cache: "reload" })));
  await self.skipWaiting();
};

const activate = async () => {
  const others = (await caches.keys()).filter((name) => name !== KEPT);
  await Promise.all(others.map((name) => caches.delete(name)));
  // The browser asks for the page while this worker starts: nobody waits longer because of it.
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
};

const orKept = async (asked, path) => {
  try {
    return await asked();
  } catch {
    return (await caches.match(path)) ?? Response.error();
  }
};

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    const navigate = async () => (await event.preloadResponse) ?? fetch(request);
    event.respondWith(orKept(navigate, PAGE));
  } else if (FILES.includes(pathname)) {
    event.respondWith(orKept(() => fetch(request), pathname));
  }
});
