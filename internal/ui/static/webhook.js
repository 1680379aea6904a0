// The form of a webhook: its URL is asked while it is typed, a secret is made and copied, events are
// chosen from a list, and there is room for more headers. What is right, and what a pattern covers, the
// server says; here are no rules.

const form = document.querySelector('[data-webhook]');
const byId = (id) => document.getElementById(id);

function button(text, press) {
  const b = document.createElement('button');
  b.type = 'button';
  b.className = 'small';
  b.textContent = text;
  b.addEventListener('click', () => press(b));
  return b;
}

// calmly calls f when nothing has called it for a while.
function calmly(f, after) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(f, after);
  };
}

// one has at most one answer under way: the newest question.
function one() {
  let running = null;
  return async (address, options) => {
    running?.abort();
    const mine = running = new AbortController();
    try {
      const answer = await fetch(address, { ...options, signal: mine.signal });
      const text = await answer.text();
      if (mine !== running || !answer.ok || answer.redirected) {
        return null;
      }
      return new DOMParser().parseFromString(text, 'text/html').body;
    } catch {
      return null; // it was overtaken, or the server is away
    }
  };
}

function show(place, from) {
  place.replaceChildren(...[...from.childNodes].map((n) => document.importNode(n, true)));
}

// The URL

const url = byId('url');
const check = byId('url-check');
if (check) {
  const ask = one();
  const hint = [...check.childNodes];
  let asked = url.value.trim();
  const judge = async () => {
    const typed = url.value.trim();
    if (typed === asked) {
      return;
    }
    asked = typed;
    if (typed === '') {
      check.replaceChildren(...hint);
      return;
    }
    const patience = setTimeout(() => { check.dataset.asking = 'yes'; }, 300);
    const body = new URLSearchParams({ url: typed, service: check.dataset.service });
    const said = await ask(check.dataset.check, { method: 'POST', body });
    clearTimeout(patience);
    if (typed === asked) {
      delete check.dataset.asking;
      if (said) {
        show(check, said);
      } else {
        check.replaceChildren(...hint);
      }
    }
  };
  url.addEventListener('input', calmly(judge, 700));
  url.addEventListener('change', judge);
}

// The secret

const secret = byId('secret');
if (secret) {
  const row = document.createElement('p');
  row.className = 'field-buttons';
  const said = document.createElement('span');
  said.className = 'muted';
  said.setAttribute('role', 'status');
  row.append(button('Make one now', () => {
    secret.value = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    said.textContent = 'Made: 16 random bytes. Copy it into the settings of the bot.';
  }));
  if (navigator.clipboard) {
    row.append(button('Copy', async () => {
      try {
        await navigator.clipboard.writeText(secret.value);
        said.textContent = secret.value ? 'Copied.' : 'There is nothing to copy yet.';
      } catch {
        said.textContent = 'The browser does not allow it.';
      }
    }));
  }
  row.append(said);
  secret.after(row);
  const renew = byId('renew');
  secret.addEventListener('input', () => { if (renew && secret.value) { renew.checked = false; } });
}

// Events: the field is what counts. A box that is ticked puts its pattern there, and takes it away.

const events = byId('events');
const picker = byId('picker');
if (picker) {
  const all = byId('listen-all');
  const some = byId('listen-some');
  const search = byId('picker-search');
  const name = byId('picker-name');
  const tree = byId('tree');
  const ask = one();
  let kept = '';

  const lines = () => events.value.split(/[\s,]+/).filter(Boolean);

  const fill = async () => {
    const query = new URLSearchParams({ events: lines().join('\n'), search: search.value, name: name.value });
    const fresh = await ask(form.querySelector('[data-events]').dataset.events + '?' + query);
    if (!fresh) {
      return;
    }
    for (const id of ['heard', 'tried', 'covers']) {
      if (byId(id).innerHTML !== fresh.querySelector('#' + id).innerHTML) {
        show(byId(id), fresh.querySelector('#' + id));
      }
    }
    plant(fresh.querySelector('#tree'));
  };

  // plant shows the tree with what is open in it, and the focus, as they were. What a search has opened
  // does not stay so.
  let searched = false;
  const plant = (fresh) => {
    const open = search.value || searched ? [] : [...tree.querySelectorAll('details[open]')].map((d) => d.id);
    const focus = tree.contains(document.activeElement) ? document.activeElement : null;
    const at = tree.scrollTop;
    searched = search.value !== '';
    show(tree, fresh);
    open.forEach((id) => { if (byId(id)) { byId(id).open = true; } });
    tree.scrollTop = at;
    if (focus) {
      (focus.id ? byId(focus.id) : byId(focus.parentElement.id)?.firstElementChild)?.focus({ preventScroll: true });
    }
  };

  const later = calmly(fill, 150);
  const mode = () => {
    (lines().length || picker.open ? some : all).checked = true;
  };
  const write = (patterns) => {
    events.value = patterns.join('\n');
    mode();
    later();
  };

  events.addEventListener('input', () => { mode(); later(); });
  search.addEventListener('input', later);
  name.addEventListener('input', later);
  for (const field of [search, name]) {
    field.addEventListener('keydown', (event) => { if (event.key === 'Enter') { event.preventDefault(); fill(); } });
  }
  all.addEventListener('change', () => {
    kept = events.value;
    picker.open = false;
    write([]);
  });
  some.addEventListener('change', () => {
    picker.open = true;
    if (!events.value && kept) {
      events.value = kept;
    }
    later();
  });
  picker.addEventListener('toggle', () => {
    mode();
    if (picker.open && !tree.childElementCount) {
      fill();
    }
  });
  tree.addEventListener('change', ({ target }) => {
    const choice = target.dataset.choice;
    // What stands below a pattern that is chosen need not be named as well.
    const below = target.checked ? [...target.closest('li').querySelectorAll('details [data-choice]')].map((b) => b.dataset.choice) : [];
    const left = lines().filter((p) => p !== choice && !below.includes(p));
    write(target.checked ? [...left, choice] : left);
  });

  form.querySelector('.listen').hidden = false;
  picker.hidden = false;
  mode();
}

// Headers

const headers = byId('headers');
if (headers) {
  const more = button('Add a header', () => {
    const rows = headers.querySelectorAll('[data-header]');
    const row = rows[rows.length - 1].cloneNode(true);
    for (const input of row.querySelectorAll('input')) {
      input.value = '';
      if (input.name === 'header-value') {
        input.placeholder = 'value';
      }
      input.setAttribute('aria-label', (input.getAttribute('aria-label') ?? '').replace(/\d+$/, rows.length + 1));
    }
    more.before(row);
    row.querySelector('[name="header-name"]').focus();
  });
  headers.append(more);
}
