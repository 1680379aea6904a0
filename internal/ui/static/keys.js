// Keys: j and k move in lists, g and a letter go to a section, / and Ctrl-K search, ? shows them all. None of them
// counts while one types, or with a modifier, and who is disturbed by them switches them off.

import { show } from './dialog.js';
import { openPalette } from './palette.js';

const store = 'bellhop-keys';
const soon = 1500; // milliseconds between g and the letter

let went = 0; // when g was pressed
let help = null;

const off = () => {
  try {
    return localStorage.getItem(store) === 'off';
  } catch {
    return false; // the browser keeps nothing
  }
};

const typing = (element) => element.closest('textarea, select, [contenteditable], [role=textbox], [role=combobox], input:not([type=checkbox], [type=radio], [type=submit], [type=button])');

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat && !'jk'.includes(event.key)) {
    return;
  }
  if ((event.ctrlKey !== event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    if (!document.querySelector('dialog[open]')) {
      openPalette();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || off() || typing(event.target) || document.querySelector('dialog[open]')) {
    return;
  }
  if (Date.now() - went < soon) {
    went = 0;
    const section = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (section) {
      event.preventDefault();
      section.click();
      return;
    }
  }
  switch (event.key) {
    case 'j': move(1); break;
    case 'k': move(-1); break;
    case 'g': went = Date.now(); break;
    case '/': openPalette(); break;
    case '?': showHelp(); break;
    default: return;
  }
  event.preventDefault();
});

// move goes to the next row of a list, or the one before. What has the focus is the link of the row, which enter follows.
function move(step) {
  const rows = [...document.querySelectorAll('main :is(.list > tbody > tr, [data-row])')].filter((row) => row.querySelector('a') && row.getClientRects().length > 0);
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = at < 0 ? rows.at(step > 0 ? 0 : -1) : rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  const link = row?.querySelector('.main-cell a') ?? row?.querySelector('a');
  link?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'nearest' });
}

function showHelp() {
  help ??= build();
  if (!help.open) {
    show(help);
  }
}

function build() {
  const lines = [
    [['Ctrl', 'K'], 'search, also while typing'], [['/'], 'search'], [['j'], 'next in a list'], [['k'], 'previous in a list'],
    [['Enter'], 'open it'], [['?'], 'these keys'], [['Esc'], 'close'],
  ];
  for (const section of document.querySelectorAll('[data-go]')) {
    lines.push([['g', section.dataset.go], section.textContent.trim()]);
  }
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  dialog.setAttribute('aria-labelledby', 'keys-title');
  const box = document.createElement('div');
  box.className = 'dialog-box';
  const title = document.createElement('h2');
  title.id = 'keys-title';
  title.textContent = 'Keys';
  const all = document.createElement('dl');
  all.className = 'keys';
  for (const [keys, text] of lines) {
    const line = document.createElement('div');
    const name = document.createElement('dt');
    for (const key of keys) {
      const cap = document.createElement('kbd');
      cap.textContent = key;
      name.append(cap, ' ');
    }
    const what = document.createElement('dd');
    what.textContent = text;
    line.append(name, what);
    all.append(line);
  }
  const label = document.createElement('label');
  label.className = 'check';
  const check = document.createElement('input');
  check.type = 'checkbox';
  check.checked = !off();
  check.addEventListener('change', () => {
    try {
      localStorage.setItem(store, check.checked ? 'on' : 'off');
    } catch {
      check.checked = true;
    }
  });
  label.append(check, ' Use the keys without a modifier');
  const close = document.createElement('button');
  close.type = 'button';
  close.autofocus = true;
  close.textContent = 'Close';
  close.addEventListener('click', () => dialog.close());
  const buttons = document.createElement('div');
  buttons.className = 'buttons';
  buttons.append(close);
  box.append(title, all, label, buttons);
  dialog.append(box);
  document.body.append(dialog);
  return dialog;
}

for (const button of document.querySelectorAll('[data-keys]')) {
  button.hidden = false;
  button.addEventListener('click', showHelp);
}

// A list that hangs over the page closes with Escape and when one goes elsewhere.
for (const open of document.querySelectorAll('details.switcher')) {
  const close = () => { open.open = false; };
  open.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && open.open) {
      close();
      open.querySelector('summary').focus();
    }
  });
  document.addEventListener('click', (event) => { if (!open.contains(event.target)) { close(); } });
  open.addEventListener('focusout', (event) => { if (event.relatedTarget && !open.contains(event.relatedTarget)) { close(); } });
}
