// On the page of a delivery: how long it is until the next attempt. Without this its time stands there.

const parts = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

function left(seconds) {
  if (seconds <= 0) {
    return 'due now';
  }
  const words = [];
  for (const [name, size] of parts) {
    const n = Math.floor(seconds / size);
    if (n > 0 && words.length < 2) {
      words.push(n + ' ' + name + (n === 1 ? '' : 's'));
    }
    seconds %= size;
  }
  return 'in ' + words.join(' ');
}

function tick() {
  for (const element of document.querySelectorAll('time[data-countdown]')) {
    const at = Date.parse(element.dateTime);
    if (!Number.isNaN(at)) {
      const text = left(Math.ceil((at - Date.now()) / 1000));
      if (element.textContent !== text) {
        element.textContent = text;
      }
    }
  }
}

tick();
setInterval(tick, 1000);
document.addEventListener('exchanged', tick);
