// Toasts: what has just happened. They stay until they are dismissed, or the page is left: nobody reads too slowly.

const place = document.getElementById('toasts');

// toast shows a text, and has it read out.
export function toast(text, tone = 'off') {
  if (!place) {
    return;
  }
  const box = document.createElement('div');
  box.className = 'toast ' + tone;
  const words = document.createElement('p');
  words.textContent = text;
  box.append(words, dismissal(() => box.remove()));
  place.replaceChildren(box); // the newest alone: a pile would cover the page
}

function dismissal(dismiss) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'small dismiss';
  button.textContent = 'Dismiss';
  button.addEventListener('click', () => {
    dismiss();
    document.getElementById('main')?.focus({ preventScroll: true });
  });
  return button;
}

// A notice that came with the page can be dismissed, too. A status that is there from the start is not read out by
// all readers: so it is said once more.
const said = document.getElementById('said');

// say has a text read out that is not worth a toast.
export function say(text) {
  if (said) {
    said.textContent = text;
  }
}

for (const notice of document.querySelectorAll('.notice[role=status]')) {
  notice.append(dismissal(() => notice.remove()));
  const words = notice.querySelector('.notice-head')?.textContent.trim();
  setTimeout(() => say(words), 500);
}
