// Whoever speaks in a conversation stays where he is: what he says is sent without leaving the page,
// which then is as the server answers it. What is refused keeps its text.

import { exchange } from './live.js';
import { say } from './toast.js';

const away = 'It could not be sent. Your text is still here: try it again.';
const out = 'You are not logged in any more. Your text is still here: log in in another window, and send it again.';

function complain(text) {
  const place = document.getElementById('speak-error');
  if (place) {
    place.textContent = text;
  }
}

async function send(form, submitter) {
  if (form.dataset.sending) {
    return;
  }
  form.dataset.sending = 'yes';
  const data = new FormData(form);
  if (submitter?.name) {
    data.append(submitter.name, submitter.value);
  }
  try {
    const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: new URLSearchParams(data) });
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const error = fresh.getElementById('speak-error');
    if (!error) {
      complain(answer.redirected ? out : fresh.querySelector('.answer')?.textContent ?? away);
    } else if (answer.ok) {
      complain('');
      form.reset();
      if (form.id === 'speak') {
        settle(form, data.get('as'));
      }
      exchange(fresh);
      document.getElementById('messages-shown').lastElementChild?.scrollIntoView({ block: 'nearest' });
    } else {
      complain(error.textContent);
    }
  } catch {
    complain(away);
  } finally {
    delete form.dataset.sending;
  }
}

// settle empties the box, and keeps who speaks, whatever the page began with.
function settle(form, as) {
  form.elements.text.value = '';
  for (const way of form.querySelectorAll('input[name="as"]')) {
    way.checked = way.value === as;
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
