// The console's script. Every page can be read without it; it adds local times, copying, and what
// changes while a page is looked at.
"use strict";
(() => {
  const body = document.body;
  const language = document.documentElement.lang || "en";
  const local = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });

  // --- times: UTC in the page, local when it is shown; UTC stays in the title ---------------------
  function localise(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const text = local.format(new Date(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // --- copying a command line --------------------------------------------------------------------
  function offerCopies(root) {
    for (const button of root.querySelectorAll("button.copy[hidden]")) button.hidden = false;
  }
  body.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      const label = button.textContent;
      button.textContent = "✓";
      setTimeout(() => { button.textContent = label; }, 1200);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
  });

  // --- what must be typed before a button counts; the server asks for it as well -----------------
  function guard(root) {
    for (const field of root.querySelectorAll("input[data-must-be]")) {
      const button = field.form.querySelector("button[data-guarded]");
      if (!button) continue;
      const look = () => { button.disabled = field.value !== field.dataset.mustBe; };
      field.addEventListener("input", look);
      look();
    }
  }

  // --- new parts of the page: what is equal stays, so that focus, scroll and open details do -------
  function key(node) {
    return node.nodeType === 1 ? node.id || node.dataset.key || "" : "";
  }
  function morph(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== 1) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) {
        old.removeAttribute(name);
      }
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value && !(name === "open" && old.nodeName === "DETAILS")) {
        old.setAttribute(name, value);
      }
    }
    if (old === document.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(old.nodeName)) return;
    morphChildren(old, fresh);
  }
  function morphChildren(old, fresh) {
    const keyed = new Map();
    for (const child of old.children) if (key(child)) keyed.set(key(child), child);
    let place = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const known = key(child) && keyed.get(key(child));
      if (known) {
        if (known !== place) old.insertBefore(known, place);
        else place = place.nextSibling;
        morph(known, child);
        keyed.delete(key(child));
      } else if (place && !(key(place) && keyed.has(key(place)))) {
        const next = place.nextSibling;
        morph(place, child);
        place = next;
      } else {
        old.insertBefore(child, place);
      }
    }
    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
    for (const rest of keyed.values()) rest.remove();
  }
  function put(parts) {
    for (const [name, markup] of Object.entries(parts)) {
      const place = document.querySelector(`[data-live="${name}"]`);
      if (!place) continue;
      const fresh = document.createElement(place.nodeName);
      fresh.innerHTML = markup;
      localise(fresh);
      offerCopies(fresh);
      morphChildren(place, fresh);
      guard(place);
    }
  }

  // --- the stream --------------------------------------------------------------------------------
  const line = document.querySelector(".connection");
  let source = null;
  let isOver = false;
  function say(text) {
    if (line.textContent !== text) line.textContent = text;
  }
  function open() {
    if (source || isOver || !body.dataset.feed || document.hidden) return;
    source = new EventSource(body.dataset.feed);
    source.addEventListener("parts", (event) => { say(""); put(JSON.parse(event.data)); });
    source.addEventListener("trouble", (event) => say(event.data));
    source.addEventListener("over", () => { isOver = true; shut(); say(line.dataset.over); });
    source.addEventListener("error", () => {
      say(line.dataset.lost);
      if (source && source.readyState === EventSource.CLOSED) {
        // The browser gives up where the server answers with anything but a stream.
        shut();
        setTimeout(open, 3000);
      }
    });
  }
  function shut() {
    if (source) source.close();
    source = null;
  }
  // A browser opens few connections to one server: a page that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => (document.hidden ? shut() : open()));
  addEventListener("pagehide", shut);
  addEventListener("pageshow", open);

  // --- keys: "/" goes to the search field ---------------------------------------------------------
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.nodeName)) return;
    const field = document.querySelector("input[type=search]");
    if (field) { event.preventDefault(); field.focus(); }
  });
  for (const menu of document.querySelectorAll("details.menu")) {
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); }
    });
  }

  localise(document);
  offerCopies(document);
  guard(document);
  open();
})();
