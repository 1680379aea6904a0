// Dialogs. A link with data-dialog leads to a page that asks something: with JavaScript it is asked in a
// dialog over the page one is on, and nothing is lost by saying no.

// show opens a dialog that closes with Escape, which the browser does, and with a click beside it. The focus goes
// back to where it was, which the browser does as well.
export function show(dialog) {
  if (!dialog.dataset.shown) {
    dialog.dataset.shown = 'yes';
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) {
        dialog.close(); // its own area is that of its padding, which it has none of, and of the backdrop
      }
    });
  }
  dialog.showModal();
}

async function ask(link) {
  let page;
  try {
    const answer = await fetch(link.href, { headers: { Accept: 'text/html' } });
    if (!answer.ok || answer.redirected) {
      throw new Error('refused');
    }
    page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  } catch {
    location.href = link.href;
    return;
  }
  if (document.querySelector('dialog[open]')) {
    return; // it was pressed twice
  }
  const main = page.getElementById('main');
  const title = document.createElement('h2');
  title.id = 'dialog-title';
  title.tabIndex = -1;
  title.textContent = main.querySelector('h1').textContent;
  main.querySelectorAll('.trail, .tabs, .page-head').forEach((part) => part.remove());
  const box = document.createElement('div');
  box.className = 'dialog-box';
  box.append(title, ...[...main.childNodes].map((node) => document.importNode(node, true)));
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  dialog.setAttribute('aria-labelledby', title.id);
  dialog.append(box);
  document.body.append(dialog);
  // What leads back to this page closes it.
  box.addEventListener('click', (event) => {
    const back = event.target.closest('a[href]');
    if (back && back.pathname === location.pathname) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener('close', () => dialog.remove());
  show(dialog);
  title.focus(); // not the first button: a second enter must not do what was only asked
  dialog.dispatchEvent(new CustomEvent('exchanged', { bubbles: true }));
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-dialog]');
  if (link && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    ask(link);
  }
});
