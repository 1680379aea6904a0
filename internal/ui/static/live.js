// A page that is looked at stays true.
//
// An element with data-live="<address of a stream>" has the page read again whenever the stream says
// that something changed; one with data-refresh="<seconds>" now and then. What has the attribute
// data-part, and an id, is then exchanged if it differs. In an element with data-rows="<one> <several>" the
// children with an id are rows: those that are shown are exchanged in place, while new ones wait above
// behind "3 new deliveries", so that nothing moves under the eyes of who reads. With
// data-rows-end="<what>" they are added below at once, as in a talk, and what was deleted is taken away.
//
// What somebody types in, presses, or marks to copy is left as it is until he is done with it.
//
// What replaces a part is told by the event "exchanged", which bubbles from it.

import { say } from './toast.js';

const least = 700; // milliseconds between two readings
const slow = 10; // seconds between two readings of a page that has no stream
const most = 300; // rows of a talk
let due = 0;
let reading = false;
let again = false;
let taken = 0; // how many answers the page has taken over
const held = new Set(); // what was not exchanged because it is being used

export function refresh() {
  if (reading) {
    again = true;
    return;
  }
  clearTimeout(due);
  due = setTimeout(read, 50);
}

async function read() {
  reading = true;
  const before = taken;
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(20_000) });
    if (answer.ok && !answer.redirected) {
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (taken === before) {
        exchange(fresh);
      } else {
        again = true; // what the visitor sent was answered meanwhile: this may be older
      }
    }
  } catch {
    // The server is away. The stream comes back, and with it a reading.
  }
  setTimeout(() => {
    reading = false;
    if (again) {
      again = false;
      refresh();
    }
  }, least);
}

export function exchange(fresh) {
  taken++;
  held.clear();
  for (const old of document.querySelectorAll('[data-part]')) {
    const part = fresh.getElementById(old.id);
    if (part && markup(old) !== markup(part)) {
      replace(old, part);
    }
  }
  for (const list of document.querySelectorAll('[data-rows], [data-rows-end]')) {
    const news = list.id && fresh.getElementById(list.id);
    if (news) {
      rows(list, news);
    }
  }
  follow(fresh);
}

// used reports whether somebody types in an element, presses something in it, or has marked a part of it to copy.
function used(element) {
  const marked = getSelection();
  return element.contains(document.activeElement) && document.activeElement.matches('input, textarea, select') ||
    element.matches(':active') || !marked.isCollapsed && marked.containsNode(element, true);
}

function released() {
  if ([...held].some((element) => !used(element))) {
    held.clear();
    refresh();
  }
}

for (const event of ['focusout', 'pointerup', 'keyup', 'selectionchange']) {
  document.addEventListener(event, released);
}

// came is how each part and row came from the server, before anything was opened or added in it.
const came = new WeakMap();
const markup = (element) => came.get(element) ?? element.outerHTML;

for (const element of document.querySelectorAll('[data-part], [data-rows] > [id], [data-rows-end] > [id]')) {
  came.set(element, element.outerHTML);
}

function adopt(element) {
  const copy = document.importNode(element, true);
  for (const part of [copy, ...copy.querySelectorAll('[data-part]')]) {
    came.set(part, part.outerHTML);
  }
  return copy;
}

// What the visitor has opened stays open, what he has typed stays there, and what has the focus keeps it.

function replace(old, fresh) {
  if (used(old)) {
    held.add(old);
    return;
  }
  const copy = adopt(fresh);
  for (const typed of old.querySelectorAll('input[id], textarea[id]')) {
    const same = copy.querySelector('#' + CSS.escape(typed.id));
    if (same && typed.value !== typed.defaultValue) {
      same.value = typed.value;
    }
  }
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  for (const opened of old.querySelectorAll('details[id]')) {
    const same = copy.querySelector('#' + CSS.escape(opened.id));
    if (same) {
      same.open = opened.open;
    }
  }
  old.replaceWith(copy);
  if (focus) {
    const same = focus.id ? document.getElementById(focus.id)
      : [...copy.querySelectorAll(focus.tagName)].find((e) => e.getAttribute('href') === focus.getAttribute('href') && e.textContent === focus.textContent);
    same?.focus({ preventScroll: true });
  }
  copy.dispatchEvent(new CustomEvent('exchanged', { bubbles: true }));
}

function rows(list, news) {
  const waiting = [];
  for (const row of [...news.children]) {
    if (!row.id) {
      continue;
    }
    const old = document.getElementById(row.id);
    if (old && list.contains(old)) {
      if (markup(old) !== markup(row)) {
        replace(old, row);
      }
    } else {
      waiting.push(row);
    }
  }
  if (list.dataset.rowsEnd !== undefined) {
    talk(list, [...news.children].filter((row) => row.id));
    return;
  }
  // Of a list that is there as a whole, what is missing is no longer in it; of others it may be on the next page.
  if (news.closest('[data-whole]')) {
    for (const row of list.children) {
      row.classList.toggle('left', row.id !== '' && !news.querySelector('#' + CSS.escape(row.id)));
    }
  }
  if (waiting.length > 0) {
    offer(list, news, waiting);
  }
}

// talk puts new rows where they belong, which is the end but for those that were late, and takes away what was
// deleted: news has the newest rows without a gap. Before them stands of which day they are, as it does in the list
// further up if that has more.
function talk(list, news) {
  const end = list.lastElementChild;
  const atEnd = !end || end.getBoundingClientRect().top < innerHeight; // who sees the end goes on seeing it
  const shown = (row) => list.querySelector(':scope > #' + CSS.escape(row.id));
  const fresh = news.length > 0 && isDay(news[0]) && shown(news[0]) ? news.slice(1) : news;
  const next = fresh.map(shown).find((row) => row) ?? null;
  let last = null; // behind this the next row belongs
  for (const row of fresh) {
    let here = shown(row);
    if (!here) {
      here = adopt(row);
      list.insertBefore(here, last ? last.nextSibling : next);
      here.dispatchEvent(new CustomEvent('exchanged', { bubbles: true }));
    }
    last = here;
  }
  const ids = new Set(fresh.map((row) => row.id));
  const first = [...list.children].findIndex((row) => ids.has(row.id));
  for (const row of first < 0 ? [] : [...list.children].slice(first)) {
    if (row.id && !ids.has(row.id)) {
      row.remove();
    }
  }
  if (atEnd) {
    // What is far above is on the older pages.
    const old = [...list.children].slice(0, -most);
    const day = old.findLast(isDay);
    for (const row of old) {
      if (row !== day) {
        row.remove();
      }
    }
    if (list.lastElementChild !== end) {
      list.lastElementChild?.scrollIntoView({ block: 'nearest' });
    }
  }
}

const isDay = (row) => row.matches('.day');

// offer says how many rows are new; they are shown when that is pressed.
function offer(list, news, waiting) {
  const place = list.closest('table') ?? list;
  const [one, several] = list.dataset.rows.split(' ');
  let button = place.previousElementSibling;
  if (!button?.matches('.news')) {
    button = document.createElement('button');
    button.type = 'button';
    button.className = 'news';
    place.before(button);
    say('There are new ' + several + '.'); // once: their number may change with every breath
  }
  button.textContent = waiting.length + ' new ' + (waiting.length === 1 ? one : several);
  button.onclick = () => {
    list.replaceChildren(...[...news.children].map(adopt));
    button.remove();
    list.dispatchEvent(new CustomEvent('exchanged', { bubbles: true }));
    list.querySelector('a')?.focus();
  };
}

// The stream is open while the page is seen; who comes back to it sees at once what he missed. Where there is none,
// because too many are open or something on the way does not let it through, the page is read now and then, and it is
// tried again.
let source = null;
let broken = false; // there should be a stream, and is none
let lately = Date.now(); // when the page was read for the time alone

const streamOf = (page) => page.querySelector('[data-live]')?.dataset.live;

function watch() {
  if (document.hidden) {
    source?.close();
    source = null;
    return;
  }
  const address = streamOf(document);
  if (!address || source) {
    return;
  }
  source = new EventSource(address);
  source.addEventListener('open', () => { broken = false; });
  source.addEventListener('change', refresh);
  source.addEventListener('error', ({ target }) => {
    if (target === source && target.readyState === EventSource.CLOSED) {
      source = null;
      broken = true;
    }
  });
}

// follow keeps from where the next stream goes on, and how often the page is read.
function follow(fresh) {
  for (const name of ['live', 'refresh']) {
    const [old, now] = [document, fresh].map((page) => page.querySelector(`[data-${name}]`));
    if (old && now) {
      old.dataset[name] = now.dataset[name];
    } else if (old && !now) {
      delete old.dataset[name];
    }
  }
  if (!streamOf(document)) {
    source?.close();
    source = null;
    broken = false;
  }
}

watch();
document.addEventListener('visibilitychange', () => {
  watch();
  if (!document.hidden && (source || document.querySelector('[data-refresh]'))) {
    refresh();
  }
});

setInterval(() => {
  const seconds = Math.min(Number(document.querySelector('[data-refresh]')?.dataset.refresh) || Infinity, broken ? slow : Infinity);
  if (document.hidden || Date.now() - lately < seconds * 1000) {
    return;
  }
  lately = Date.now();
  watch();
  refresh();
}, 1000);
