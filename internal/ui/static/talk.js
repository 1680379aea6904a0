// Whoever speaks in a conversation stays where he is: what he says is sent without leaving the page,
// which then is as the server answers it. What is refused keeps its text.

import { exchange, refresh } from './live.js';
import { say } from './toast.js';

const away = 'It could not be sent. Your text is still here: try it again.';
const out = 'You are not logged in any more. Your text is still here: log in in another window, and send it again.';

function complain(text) {
  const place = document.getElementById('speak-error');
  if (place) {
    place.textContent = text;
  }
}

let before = Promise.resolve(); // what was sent last is answered

// send keeps the order: what is said while something else is on its way goes after it. Pressing a button twice is
// pressing it once.
function send(form, submitter) {
  if (form.dataset.sending) {
    return;
  }
  const data = new FormData(form);
  if (submitter?.name) {
    data.append(submitter.name, submitter.value);
  }
  const box = form.id === 'speak' ? form.elements.text : null;
  if (box) {
    box.value = ''; // for the next, which may be typed at once
  } else {
    form.dataset.sending = 'yes';
  }
  before = before.then(() => post(form, data, box));
}

async function post(form, data, box) {
  const refuse = (reason) => {
    complain(reason);
    if (box) {
      box.value = [data.get('text'), box.value].filter((text) => text !== '').join('\n');
    }
  };
  try {
    const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: new URLSearchParams(data) });
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const error = fresh.getElementById('speak-error');
    if (!error) {
      refuse(new URL(answer.url).pathname === '/login' ? out : fresh.querySelector('.answer')?.textContent ?? away);
    } else if (answer.ok) {
      complain('');
      if (!box) {
        form.reset();
      }
      exchange(fresh);
      refresh(); // if the page was read meanwhile, this answer may be the older one
      document.getElementById('messages-shown').lastElementChild?.scrollIntoView({ block: 'nearest' });
    } else {
      refuse(error.textContent);
    }
  } catch {
    refuse(away);
  } finally {
    delete form.dataset.sending;
  }
}

document.addEventListener('submit', (event) => {
  if (event.target.matches('form[data-talk]')) {
    event.preventDefault();
    send(event.target, event.submitter);
  }
});

// Enter sends, Shift and Enter break the line.
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.target.matches('[data-enter]')) {
    event.preventDefault();
    if (event.target.value.trim() !== '') {
      event.target.form.requestSubmit();
    }
  }
});

const list = document.getElementById('messages-shown');
if (list && !location.hash.startsWith('#message-')) {
  list.lastElementChild?.scrollIntoView({ block: 'end' });
}

// A screen reader says what others have said.
const known = new Set([...list?.children ?? []].map((row) => row.id));
list?.addEventListener('exchanged', ({ target }) => {
  const text = target.querySelector('.message-text')?.textContent;
  if (target.id && !known.has(target.id) && text) {
    say(target.querySelector('.message-head strong').textContent + ': ' + text);
  }
  known.add(target.id);
});
