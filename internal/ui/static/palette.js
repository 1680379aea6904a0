// The palette: what /search finds, while one types. It shows the groups of that page as a list to choose
// from, so that there is one rendering, with and without JavaScript.

import { show } from './dialog.js';

const patience = 120; // milliseconds without a key before it asks

let dialog, input, list, state;
let asked = 0; // the newest question
let due = 0;
let waiting = false; // for an answer
let hurry = false; // enter was pressed while waiting

const make = (name, attributes, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
};

function build() {
  input = make('input', {
    id: 'palette-input', type: 'text', role: 'combobox', 'aria-label': 'Search', 'aria-expanded': 'false', 'aria-controls': 'palette-list',
    'aria-autocomplete': 'list', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', maxlength: '200', placeholder: 'Name, id, email or page',
  });
  list = make('div', { id: 'palette-list', role: 'listbox', 'aria-label': 'Results' });
  state = make('p', { class: 'palette-state', role: 'status' });
  const close = make('button', { type: 'button', class: 'small quiet-close' }, 'Close');
  close.addEventListener('click', () => dialog.close());
  dialog = make('dialog', { class: 'palette', 'aria-label': 'Search' },
    make('div', { class: 'palette-field' }, input, close), list, state);
  document.body.append(dialog);

  input.addEventListener('input', () => {
    clearTimeout(due);
    waiting = true;
    due = setTimeout(ask, patience);
  });
  input.addEventListener('keydown', keyed);
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role=option]');
    if (option) {
      event.preventDefault();
      go(option, event.ctrlKey || event.metaKey);
    }
  });
  list.addEventListener('pointermove', (event) => select(event.target.closest('[role=option]')));
}

export function openPalette() {
  if (!dialog) {
    build();
  }
  if (dialog.open) {
    return;
  }
  input.value = '';
  list.replaceChildren();
  offer();
  state.textContent = '';
  show(dialog);
  input.focus();
  ask();
}

async function ask() {
  const question = ++asked;
  waiting = true;
  try {
    const answer = await fetch('/search?' + new URLSearchParams({ q: input.value }), { headers: { Accept: 'text/html' } });
    if (question !== asked) {
      return;
    }
    if (!answer.ok || answer.redirected) {
      throw new Error('refused');
    }
    fill(new DOMParser().parseFromString(await answer.text(), 'text/html'), question);
  } catch {
    if (question === asked) {
      list.replaceChildren();
      offer();
      state.textContent = 'The search cannot be reached. Enter tries it as a page.';
    }
  }
  if (question === asked) {
    waiting = false;
    if (hurry) {
      hurry = false;
      enter(false);
    }
  }
}

function fill(page, question) {
  if (question !== asked) {
    return;
  }
  let n = 0;
  const groups = [...page.querySelectorAll('#found > section')].map((section, i) => {
    const heading = section.querySelector('h2');
    const group = make('div', { role: 'group', 'aria-labelledby': 'palette-group-' + i },
      make('div', { id: 'palette-group-' + i, class: 'palette-group', role: 'presentation' }, heading.textContent));
    for (const link of section.querySelectorAll('li > a')) {
      group.append(make('div', { id: 'palette-' + n++, role: 'option', 'aria-selected': 'false', 'data-to': link.getAttribute('href') },
        ...[...link.childNodes].map((node) => document.importNode(node, true))));
    }
    return group;
  });
  list.replaceChildren(...groups);
  state.textContent = page.getElementById('answer')?.textContent ?? '';
  offer();
  list.scrollTop = 0;
}

// offer chooses the first of what is in the list, if there is any.
function offer() {
  const first = list.querySelector('[role=option]');
  input.setAttribute('aria-expanded', String(first !== null));
  input.removeAttribute('aria-activedescendant');
  select(first);
}

const options = () => [...list.querySelectorAll('[role=option]')];
const selected = () => list.querySelector('[aria-selected=true]');

function select(option) {
  if (!option || option === selected()) {
    return;
  }
  selected()?.setAttribute('aria-selected', 'false');
  option.setAttribute('aria-selected', 'true');
  input.setAttribute('aria-activedescendant', option.id);
}

function keyed(event) {
  const all = options();
  const at = all.indexOf(selected());
  if (event.isComposing) {
    return;
  }
  switch (event.key) {
    case 'ArrowDown':
    case 'ArrowUp': {
      const next = all.at((at + (event.key === 'ArrowDown' ? 1 : -1)) % all.length);
      select(next);
      next?.scrollIntoView({ block: 'nearest' });
      break;
    }
    case 'Enter':
      enter(event.ctrlKey || event.metaKey);
      break;
    default:
      return;
  }
  event.preventDefault();
}

function enter(aside) {
  if (waiting) {
    hurry = true; // what is shown is not yet what was typed
    return;
  }
  const option = selected();
  if (option && list.contains(option)) {
    go(option, aside);
  } else {
    location.href = '/search?' + new URLSearchParams({ q: input.value });
  }
}

function go(option, aside) {
  if (aside) {
    open(option.dataset.to, '_blank', 'noopener');
    return;
  }
  dialog.close();
  location.href = option.dataset.to;
}

for (const button of document.querySelectorAll('[data-palette]')) {
  button.hidden = false;
  button.addEventListener('click', openPalette);
}
for (const form of document.querySelectorAll('[data-palette-stead]')) {
  form.hidden = true; // the button opens the same
}
