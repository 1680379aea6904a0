// A page that is looked at stays true.
//
// An element with data-live="<address of a stream>" has the page read again whenever the stream says
// that something changed; one with data-refresh="<seconds>" now and then. What has the attribute
// data-part, and an id, is then exchanged if it differs. In an element with data-rows="<what>" the
// children with an id are rows: those that are shown are exchanged in place, while new ones wait above
// behind "3 new deliveries", so that nothing moves under the eyes of who reads. With
// data-rows-end="<what>" they are added below at once, as in a talk.
//
// What replaces a part is told by the event "exchanged", which bubbles from it.

import { say } from './toast.js';

const least = 700; // milliseconds between two readings
let due = 0;
let reading = false;
let again = false;

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
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
    if (answer.ok && !answer.redirected) {
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
      exchange(fresh);
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
  for (const old of document.querySelectorAll('[data-part]')) {
    const part = fresh.getElementById(old.id);
    if (!part || old.contains(document.activeElement) && document.activeElement.matches('input, textarea, select')) {
      continue;
    }
    if (markup(old) !== markup(part)) {
      replace(old, part);
    }
  }
  for (const list of document.querySelectorAll('[data-rows], [data-rows-end]')) {
    const news = list.id && fresh.getElementById(list.id);
    if (news) {
      rows(list, news);
    }
  }
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

// What the visitor has opened stays open, and what has the focus keeps it.

function replace(old, fresh) {
  const copy = adopt(fresh);
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
  let last = null;
  for (const row of [...news.children]) {
    if (!row.id) {
      continue;
    }
    const old = document.getElementById(row.id);
    if (old && list.contains(old)) {
      if (markup(old) !== markup(row)) {
        replace(old, row);
      }
      last = row;
    } else {
      waiting.push(row);
    }
  }
  // Of a list that is there as a whole, what is missing is no longer in it; of others it may be on the next page.
  if (news.closest('[data-whole]')) {
    for (const row of list.children) {
      row.classList.toggle('left', row.id !== '' && !news.querySelector('#' + CSS.escape(row.id)));
    }
  }
  if (waiting.length === 0) {
    return;
  }
  if (list.dataset.rowsEnd !== undefined) {
    // Whoever sees the end of a talk goes on seeing it.
    const atEnd = !list.lastElementChild || list.lastElementChild.getBoundingClientRect().top < innerHeight;
    for (const row of waiting) {
      const copy = adopt(row);
      list.append(copy);
      copy.dispatchEvent(new CustomEvent('exchanged', { bubbles: true }));
    }
    if (atEnd) {
      list.lastElementChild.scrollIntoView({ block: 'nearest' });
    }
    return;
  }
  offer(list, news, waiting);
}

// offer says how many rows are new; they are shown when that is pressed.
function offer(list, news, waiting) {
  const place = list.closest('table') ?? list;
  let button = place.previousElementSibling;
  if (!button?.matches('.news')) {
    button = document.createElement('button');
    button.type = 'button';
    button.className = 'news';
    place.before(button);
    say('There are new ' + list.dataset.rows + '.'); // once: their number may change with every breath
  }
  button.textContent = waiting.length + ' new ' + list.dataset.rows;
  button.onclick = () => {
    list.replaceChildren(...[...news.children].map(adopt));
    button.remove();
    list.dispatchEvent(new CustomEvent('exchanged', { bubbles: true }));
    list.querySelector('a')?.focus();
  };
}

// The stream is open while the page is seen; who comes back to it sees at once what he missed.
const live = document.querySelector('[data-live]');
let source = null;

function watch() {
  if (document.hidden) {
    source?.close();
    source = null;
  } else if (live && !source) {
    source = new EventSource(live.dataset.live);
    source.addEventListener('change', refresh);
  }
}

if (live) {
  watch();
  document.addEventListener('visibilitychange', () => {
    watch();
    if (!document.hidden) {
      refresh();
    }
  });
}

const seconds = Number(document.querySelector('[data-refresh]')?.dataset.refresh);
if (seconds > 0) {
  setInterval(() => { if (!document.hidden) { refresh(); } }, seconds * 1000);
}
