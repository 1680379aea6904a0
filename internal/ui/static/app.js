// What the pages do beyond what they can without it. Nothing here is needed.

import './live.js';
import './keys.js';
import { say, toast } from './toast.js';

// A form whose answer may take long says so, and is not sent twice.
const patience = 300;

for (const form of document.querySelectorAll('form[data-busy]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'yes';
    const note = document.createElement('p');
    note.className = 'busy';
    note.setAttribute('role', 'status');
    form.append(note);
    setTimeout(() => { note.textContent = form.dataset.busy; }, patience);
  });
}

// Who comes back with the browser's button may send it again.
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    form.querySelector('.busy')?.remove();
  }
});

// What one has to take elsewhere can be copied, where the browser allows it.
function addCopy(code) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'small copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
      say('Copied.');
    } catch {
      button.textContent = 'Not allowed';
      toast('The browser does not allow copying here. Select the text and copy it yourself.', 'wait');
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  const box = code.closest('pre') ?? code;
  box.after(button);
}

if (navigator.clipboard) {
  document.querySelectorAll('[data-copy]').forEach(addCopy);
  document.addEventListener('exchanged', ({ target }) => target.querySelectorAll('[data-copy]').forEach(addCopy));
}
