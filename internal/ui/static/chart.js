// Who points at a chart, or touches it, reads the numbers of that time above it.

for (const kind of ['pointerover', 'pointerdown']) {
  document.addEventListener(kind, (event) => {
    const chart = event.target.closest?.('.chart');
    for (const readout of document.querySelectorAll('.chart [data-readout]')) {
      readout.dataset.usual ??= readout.textContent;
      const slot = readout.closest('.chart') === chart && event.target.closest('.slot');
      readout.textContent = slot ? slot.textContent : readout.dataset.usual;
    }
  });
}
