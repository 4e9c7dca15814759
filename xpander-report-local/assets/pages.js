// Live rows, copying, folding and keys. The pages can be read without it.
"use strict";

const main = document.getElementById("main");

// --- copying ---------------------------------------------------------------------------------------------

async function copy(button) {
  const label = button.textContent;
  try {
    let text;
    if (button.dataset.copy) {
      const answer = await fetch(button.dataset.copy);
      if (!answer.ok) throw new Error(String(answer.status));
      text = await answer.text();
    } else {
      text = document.getElementById(button.dataset.copyOf).textContent.trim();
    }
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not copied";
  }
  setTimeout(() => { button.textContent = label; }, 1500);
}

// --- trees -----------------------------------------------------------------------------------------------

function find(tree, text) {
  const wanted = text.trim().toLowerCase();
  for (const found of tree.querySelectorAll(".found")) found.classList.remove("found");
  if (!wanted) return;
  let first;
  for (const item of tree.querySelectorAll(".key, .leaf > :last-child")) {
    if (!item.textContent.toLowerCase().includes(wanted)) continue;
    item.classList.add("found");
    first ??= item;
    for (let at = item.closest("details"); at && tree.contains(at); at = at.parentElement.closest("details")) {
      at.open = true;
    }
  }
  first?.scrollIntoView({ block: "nearest" });
}

// --- controls that need a script -------------------------------------------------------------------------

function enliven(root) {
  if (navigator.clipboard) {
    for (const button of root.querySelectorAll("[data-copy], [data-copy-of]")) {
      button.hidden = false;
      button.addEventListener("click", () => copy(button));
    }
  }
  for (const tools of root.querySelectorAll("[data-tree]")) {
    const tree = document.getElementById(tools.dataset.tree);
    tools.hidden = false;
    tools.querySelector("[data-tree-find]").addEventListener("input", (event) => find(tree, event.target.value));
    for (const button of tools.querySelectorAll("[data-tree-all]")) {
      button.addEventListener("click", () => {
        for (const part of tree.querySelectorAll("details")) part.open = button.dataset.treeAll === "open";
      });
    }
  }
  for (const form of root.querySelectorAll("[data-filter]")) {
    // Arrow keys select other options on the way to the wanted one, so they do not submit the form.
    let passing = false;
    form.addEventListener("keydown", (event) => { passing = event.target.matches("select") && event.key !== "Enter"; });
    form.addEventListener("pointerdown", () => { passing = false; });
    form.addEventListener("change", (event) => {
      if (event.target.matches("select") && !passing) form.requestSubmit();
    });
    form.addEventListener("submit", () => {
      // Empty fields are left out of the URL.
      for (const field of form.querySelectorAll("[name]")) field.disabled = field.value === "";
    });
  }
}

// The browser restores a page from its history with its fields still disabled.
addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("[data-filter] [name]")) field.disabled = false;
});

// --- live ------------------------------------------------------------------------------------------------

const live = main.dataset.live && {
  source: null,
  paused: sessionStorage.getItem("paused") === "yes",
  asking: false,
  again: false,
  /** The list as it is by now, while the person reads an older one. */
  waiting: null,
};

/** The minimum time between two requests for the page, in milliseconds. */
const PATIENCE = 400;

const state = document.querySelector("[data-state]");
const pause = document.querySelector("[data-pause]");

function say(word) {
  if (!state) return;
  state.hidden = false;
  state.textContent = word;
  state.dataset.state = word;
}

function connect() {
  if (!live || live.source || live.paused || document.hidden) return;
  live.source = new EventSource(main.dataset.live);
  live.source.addEventListener("open", () => {
    say("live");
    // What came between the page and the connection.
    if (!("one" in main.dataset)) ask();
  });
  live.source.addEventListener("error", () => say("offline"));
  live.source.addEventListener("news", ask);
}

function disconnect() {
  live?.source?.close();
  if (live) live.source = null;
}

async function ask() {
  if (live.asking) {
    live.again = true;
    return;
  }
  live.asking = true;
  try {
    const answer = await fetch(location.href);
    if (answer.ok) {
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } else if (answer.status === 404 && "one" in main.dataset) {
      offer("This task is deleted", () => { location.href = "/"; });
    }
  } catch {
    // The connection tells when the server is back.
  }
  setTimeout(() => {
    live.asking = false;
    if (live.again) {
      live.again = false;
      ask();
    }
  }, PATIENCE);
}

const rowsOf = (root) => [...root.querySelectorAll(".tasks > .row")];
const keyOf = (row) => row.querySelector("a.texts").getAttribute("href");

function reading(list) {
  return list.matches(":hover") || list.contains(document.activeElement) || scrollY > 8
    || !getSelection().isCollapsed;
}

function take(page) {
  const fresh = page.getElementById("main");
  if ("one" in main.dataset) {
    offer("This task has changed. Show it", () => location.reload());
    return;
  }
  const list = document.getElementById("list");
  const freshList = page.getElementById("list");
  if (!list || !freshList) {
    // The first task has come, or the last one has gone.
    if (!main.querySelector(".empty") !== !fresh.querySelector(".empty")) {
      main.replaceChildren(...fresh.childNodes);
      enliven(main);
    }
    return;
  }
  document.title = page.title;
  document.getElementById("totals").replaceChildren(...page.getElementById("totals").childNodes);
  if (!reading(list)) {
    show(freshList);
    return;
  }
  const known = new Map(rowsOf(list).map((row) => [keyOf(row), row]));
  let more = 0;
  for (const row of rowsOf(freshList)) {
    const shown = known.get(keyOf(row));
    if (!shown) more += 1;
    else if (shown.outerHTML !== row.outerHTML) {
      const focused = shown.contains(document.activeElement);
      const copy = document.importNode(row, true);
      shown.replaceWith(copy);
      if (focused) copy.querySelector("a.texts").focus({ preventScroll: true });
    }
  }
  live.waiting = freshList;
  if (more > 0) {
    const many = more === rowsOf(freshList).length ? `${more}+` : more;
    offer(`${many} new`, () => {
      show(live.waiting);
      scrollTo(0, 0);
    });
  }
}

function show(list) {
  document.getElementById("list").replaceWith(list);
  live.waiting = null;
  offer("");
}

/** A button for what is there and not shown yet. */
function offer(words, act) {
  const news = document.getElementById("news");
  if (!news) return;
  news.hidden = !words;
  news.textContent = words;
  news.onclick = act ?? null;
  document.getElementById("news-status").textContent = words;
}

function setPaused(paused) {
  live.paused = paused;
  sessionStorage.setItem("paused", paused ? "yes" : "no");
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Resume" : "Pause";
  if (paused) {
    disconnect();
    say("paused");
  } else {
    connect();
  }
}

if (live && pause) {
  pause.hidden = false;
  pause.addEventListener("click", () => setPaused(!live.paused));
  if (live.paused) setPaused(true);
} else if (live) {
  live.paused = false;
}
connect();
// A browser limits its connections to a server, so hidden pages have none.
document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));

// --- keys ------------------------------------------------------------------------------------------------

const help = document.getElementById("help");
const asker = document.querySelector("[data-help]");
asker.hidden = false;
asker.addEventListener("click", () => help.showModal());

function move(by) {
  const rows = rowsOf(document);
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const to = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  const link = rows[to]?.querySelector("a.texts");
  link?.focus({ preventScroll: true });
  link?.closest(".row").scrollIntoView({ block: "nearest" });
}

function back() {
  const own = document.referrer.startsWith(`${location.origin}/`);
  if (location.pathname === "/" && !location.search) return;
  if (own && history.length > 1) history.back();
  else location.href = "/";
}

const KEYS = {
  "/": () => document.querySelector("[data-search], [data-tree-find]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  n: () => document.querySelector("a[rel=next]")?.click(),
  p: () => document.querySelector("a[rel=prev]")?.click(),
  l: () => pause && setPaused(!live.paused),
  "?": () => help.showModal(),
  Escape: back,
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
  const field = event.target.closest("input, select, textarea");
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

enliven(main);
