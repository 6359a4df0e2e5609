/** Copying of the hand-off sheet; everything on it can be selected without. */
(() => {
  const done = (button) => {
    const label = button.querySelector('[data-copy-label]') ?? button;
    if (label.textContent === button.dataset.copied) return;
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    const announcer = document.getElementById('announcer');
    if (announcer) announcer.textContent = button.dataset.copied;
    window.setTimeout(() => {
      label.textContent = before;
    }, 2000);
  };

  /** Selects what could not be copied: clipboard access is refused on plain http. */
  const select = (element) => {
    element.focus();
    if (element.matches('textarea')) element.select();
    else window.getSelection()?.selectAllChildren(element);
  };

  const copy = async (button) => {
    const { copyRich, copyPlain, copyFrom } = button.dataset;
    const source = document.getElementById(copyRich ?? copyFrom);
    try {
      if (copyRich) {
        const part = (type, text) => [type, new Blob([text], { type })];
        const parts = [
          part('text/html', source.innerHTML.trim()),
          part('text/plain', document.getElementById(copyPlain).value),
        ];
        await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(parts))]);
      } else await navigator.clipboard.writeText(source.value);
      done(button);
    } catch {
      select(source);
    }
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-copy-rich], [data-copy-from]');
    if (button) void copy(button);
  });
})();
