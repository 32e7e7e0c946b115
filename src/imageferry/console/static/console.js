// The console's script. Every page can be read without it; it adds local times, copying, and what
// changes while a page is looked at.
"use strict";
(() => {
  const body = document.body;
  const language = document.documentElement.lang || "en";
  // The page's language, as it is written where the reader lives.
  const place = navigator.languages.find((one) => one.split("-")[0] === language.split("-")[0]);
  const local = new Intl.DateTimeFormat(place || language, { dateStyle: "medium", timeStyle: "medium" });

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
  function look(field) {
    const button = field.form.querySelector("button[data-guarded]");
    if (button) button.disabled = field.value !== field.dataset.mustBe;
  }
  function guard(root) {
    for (const field of root.querySelectorAll("input[data-must-be]")) look(field);
  }
  body.addEventListener("input", (event) => {
    if (event.target.matches("input[data-must-be]")) look(event.target);
  });

  // --- new parts of the page: what is equal stays, so that focus, scroll and open details do -------
  function key(node) {
    return node.nodeType === 1 ? node.id || node.dataset.key || "" : "";
  }
  function morph(old, fresh) {
    // It stands for what is there already, as the server has told it before.
    if (fresh.nodeType === 1 && fresh.hasAttribute("data-same")) return;
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
    const wanted = new Set([...fresh.children].map(key));
    const keyed = new Map();
    for (const child of [...old.children]) {
      if (!key(child)) continue;
      // What goes is taken out first: then nothing that stays is moved, and loses its focus.
      if (wanted.has(key(child)) && !keyed.has(key(child))) keyed.set(key(child), child);
      else child.remove();
    }
    let place = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const known = key(child) && keyed.get(key(child));
      if (known) {
        if (known !== place) (old.moveBefore || old.insertBefore).call(old, known, place);
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
    for (const empty of document.querySelectorAll("[data-until]")) {
      // What stands there instead of the first row has served its turn.
      if ((parts[empty.dataset.until] || "").includes("data-key")) location.reload();
    }
    for (const [name, markup] of Object.entries(parts)) {
      const place = document.querySelector(`[data-live="${name}"]`);
      if (!place) continue;
      const fresh = document.createElement(place.nodeName);
      fresh.innerHTML = markup;
      localise(fresh);
      offerCopies(fresh);
      const active = document.activeElement;
      const height = place.offsetHeight;
      if (place.dataset.news) holdBack(place, fresh);
      morphChildren(place, fresh);
      // What has become shorter leaves its room empty: what stands below is being read.
      if (place.offsetHeight < height) place.style.minHeight = `${height}px`;
      if (active !== document.activeElement && active.isConnected) {
        active.focus({ preventScroll: true });
      }
      guard(place);
    }
  }

  // --- new rows above what is read: they are counted, and shown when somebody asks ----------------
  const held = new Map();
  const rowsOf = (root) => [...root.querySelectorAll("tr[data-key], tbody[data-key]")];
  function offerNews(place) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "fresh-rows";
    button.hidden = true;
    button.addEventListener("click", () => {
      const rows = held.get(place).rows;
      held.get(place).rows = [];
      tellNews(place);
      const first = rowsOf(place)[0];
      if (first) first.before(...rows);
      place.tabIndex = -1;
      place.focus({ preventScroll: true });
    });
    held.set(place, { button, rows: [] });
    place.before(button);
  }
  function tellNews(place) {
    const { button, rows } = held.get(place);
    button.textContent = `↑ ${rows.length} · ${place.dataset.news}`;
    button.hidden = !rows.length;
  }
  function holdBack(place, fresh) {
    const shown = rowsOf(place);
    const known = new Set(shown.map(key));
    const rows = rowsOf(fresh);
    const former = new Map(held.get(place).rows.map((row) => [key(row), row]));
    held.get(place).rows = [];
    if (shown.length && rows.length) {
      const first = rows.findIndex((row) => known.has(key(row)));
      const ahead = first < 0 ? rows : rows.slice(0, first);
      if (first < 0) {
        // Nothing of what is read is among them: it stays until somebody asks.
        rows[0].before(...shown.map((row) => {
          const same = document.createElement(row.nodeName);
          if (row.id) same.id = row.id;
          same.dataset.key = row.dataset.key;
          same.dataset.same = "";
          return same;
        }));
      }
      for (const row of ahead) {
        const before = former.get(key(row));
        if (before) morph(before, row);
        row.remove();
        if (before || !row.hasAttribute("data-same")) held.get(place).rows.push(before || row);
      }
    }
    tellNews(place);
  }

  // --- the stream --------------------------------------------------------------------------------
  const line = document.querySelector(".connection");
  const SILENCE = 100_000;  // the server says something at least each minute
  const GONE = [401, 403, 404, 410];
  let source = null;
  let isOver = false;
  let tries = 0;
  let timer = 0;
  let heardAt = 0;
  function say(text) {
    if (line.textContent !== text) line.textContent = text;
  }
  function open() {
    if (source || isOver || !body.dataset.feed || document.hidden) return;
    source = new EventSource(body.dataset.feed);
    heardAt = Date.now();
    const on = (name, deed) => source.addEventListener(name, (event) => {
      heardAt = Date.now();
      tries = 0;
      deed(event.data);
    });
    on("parts", (said) => { say(""); put(JSON.parse(said)); });
    on("trouble", say);
    on("beat", () => {});
    on("over", end);
    source.addEventListener("error", () => {
      say(line.dataset.lost);
      if (source && source.readyState === EventSource.CLOSED) again();
    });
  }
  function end() {
    isOver = true;
    shut();
    say(line.dataset.over);
  }
  // The browser gives up where the server answers with anything but a stream: then we ask why. The
  // pauses grow, and differ, so that not all pages come back in the same moment.
  async function again() {
    shut();
    const pause = Math.min(60, 2 ** tries) * (500 + 1000 * Math.random());
    tries += 1;
    timer = setTimeout(async () => {
      const status = await fetch(body.dataset.feed, { method: "HEAD" })
        .then((reply) => reply.status, () => 0);
      if (GONE.includes(status)) end();
      else open();
    }, pause);
  }
  function shut() {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  }
  // A browser opens few connections to one server: a page that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => (document.hidden ? shut() : open()));
  addEventListener("pagehide", shut);
  addEventListener("pageshow", open);
  addEventListener("online", () => { shut(); open(); });
  // After a sleep a connection may be dead without anybody having said so.
  setInterval(() => {
    if (source && Date.now() - heardAt > SILENCE) { shut(); open(); }
  }, 20_000);

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

  // Where the tabs are wider than the window, the open one is in sight.
  for (const open of document.querySelectorAll(".tabs [aria-current]")) {
    const tabs = open.closest(".tabs");
    tabs.scrollLeft = open.offsetLeft - (tabs.clientWidth - open.offsetWidth) / 2;
  }
  localise(document);
  offerCopies(document);
  guard(document);
  for (const place of document.querySelectorAll("[data-live][data-news]")) offerNews(place);
  open();
})();
