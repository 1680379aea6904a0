// The outage can be dragged: as a whole by its band, and at both of its ends, with the pointer and with the arrow
// keys. What comes of it the server works out: the address of the page says what is asked, and its parts are read
// again.

import { refresh } from './live.js';

const stage = document.querySelector('.schedule-stage');
const form = document.getElementById('ask');
const SVG = 'http://www.w3.org/2000/svg';
const furthest = 7 * 24 * 3600;
const shortest = 10;

const picture = () => document.getElementById('picture');
const event = () => Date.parse(picture().dataset.event + 'Z') / 1000;
let outage = read(); // its begin and end, in seconds after the event
let dragged = null;

function read() {
  const { from, to } = picture().dataset;
  return { from: Number(from), to: Number(to) };
}

// The axis is that of the server, which has drawn the picture.
const knots = picture().dataset.knots.split(' ').map((pair) => pair.split(':').map(Number));

function between(x, from, to) {
  let i = knots.findIndex((knot) => knot[from] >= x);
  i = i < 0 ? knots.length - 1 : Math.max(i, 1);
  const [a, b] = [knots[i - 1], knots[i]];
  return a[to] + (b[to] - a[to]) * Math.min(Math.max((x - a[from]) / (b[from] - a[from]), 0), 1);
}
const place = (seconds) => between(seconds, 0, 1);
const seconds = (percent) => between(percent, 1, 0);

const fineness = (at) => Math.abs(at) < 600 ? 10 : 60;
const round = (at) => Math.round(at / fineness(at)) * fineness(at);

function element(name, parent, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  parent.append(made);
  return made;
}

const over = element('svg', stage, { class: 'schedule-handles', role: 'group', 'aria-label': 'The outage: drag it, or move its ends with the arrow keys' });
const band = element('rect', over, { class: 'grab', y: 24, height: 30 });
const handles = Object.fromEntries([['from', 'Outage begins'], ['to', 'Outage ends']].map(([end, name]) => {
  const handle = element('svg', over, { class: 'handle', id: 'outage-' + end, overflow: 'visible', tabindex: 0, role: 'slider', 'aria-label': name, 'aria-valuemin': -furthest, 'aria-valuemax': 2 * furthest });
  element('rect', handle, { class: 'handle-hit', x: -14, y: 20, width: 28, height: 126 });
  element('line', handle, { class: 'handle-line', y1: 24, y2: 142 });
  element('rect', handle, { class: 'handle-grip', x: -5, y: 30, width: 10, height: 22, rx: 5 });
  return [end, handle];
}));

const stamp = (at) => new Date((event() + at) * 1000).toISOString().slice(0, 19).replace(/:00$/, '');

function stretch(s) {
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  return units.map(([of, name]) => {
    const n = Math.floor(s / of);
    s -= n * of;
    return n ? n + ' ' + name : '';
  }).filter(Boolean).join(' ');
}

function draw() {
  const [x, y] = [place(outage.from), place(outage.to)];
  for (const rect of [band, picture().querySelector('[data-band]')]) {
    rect.setAttribute('x', x + '%');
    rect.setAttribute('width', (y - x) + '%');
  }
  picture().querySelector('[data-name]').setAttribute('x', x + '%');
  for (const [end, handle] of Object.entries(handles)) {
    handle.setAttribute('x', place(outage[end]) + '%');
    handle.setAttribute('aria-valuenow', outage[end]);
    const side = outage[end] < 0 ? 'before' : 'after';
    handle.setAttribute('aria-valuetext', stamp(outage[end]).replace('T', ', ') + (outage[end] ? ', ' + stretch(Math.abs(outage[end])) + ' ' + side + ' the event' : ', with the event'));
  }
}

// ask makes the address that of the question, and has the answer read.
function ask() {
  const query = new URLSearchParams(new FormData(form));
  history.replaceState(null, '', form.getAttribute('action') + '?' + query);
  refresh();
}

function set(from, to) {
  from = Math.min(Math.max(from, -furthest), furthest);
  to = Math.min(Math.max(to, from + shortest), from + furthest);
  if (from === outage.from && to === outage.to) {
    return;
  }
  outage = { from, to };
  form.elements.from.value = stamp(from);
  form.elements.for.value = stretch(to - from);
  draw();
  ask();
}

const ends = {
  from: (at) => set(Math.min(at, outage.to - shortest), outage.to),
  to: (at) => set(outage.from, Math.max(at, outage.from + shortest)),
};

over.addEventListener('pointerdown', (e) => {
  const handle = e.target.closest('.handle');
  if (e.button !== 0 || !handle && e.target !== band) {
    return;
  }
  e.preventDefault();
  e.target.setPointerCapture(e.pointerId);
  dragged = { end: handle && (handle === handles.from ? 'from' : 'to'), x: e.clientX, from: place(outage.from), length: outage.to - outage.from };
  handle?.focus({ preventScroll: true });
});

over.addEventListener('pointermove', (e) => {
  if (!dragged) {
    return;
  }
  const box = over.getBoundingClientRect();
  if (dragged.end) {
    ends[dragged.end](round(seconds(100 * (e.clientX - box.left) / box.width)));
  } else {
    const from = round(seconds(dragged.from + 100 * (e.clientX - dragged.x) / box.width));
    set(from, from + dragged.length);
  }
});

for (const name of ['pointerup', 'pointercancel']) {
  over.addEventListener(name, () => { dragged = null; });
}

over.addEventListener('keydown', (e) => {
  const end = Object.keys(handles).find((key) => handles[key] === e.target);
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -30, PageUp: 30 };
  if (!end || !(e.key in steps) || e.ctrlKey || e.altKey || e.metaKey) {
    return;
  }
  e.preventDefault();
  const step = steps[e.key] * (e.shiftKey ? 10 : 1);
  ends[end](outage[end] + step * (Math.abs(step) === 1 ? fineness(outage[end]) : 60));
});

form.addEventListener('change', ask);

document.addEventListener('exchanged', (e) => {
  if (e.target === picture()) {
    outage = dragged ? outage : read();
    draw();
  }
});

draw();
