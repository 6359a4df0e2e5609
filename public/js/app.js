/** What the pages do on top of plain HTML. Nothing here is needed: every link, form and menu works without it. */
(() => {
  const root = document.documentElement;
  root.classList.add('has-script');

  const announce = (text) => {
    const announcer = document.getElementById('announcer');
    if (announcer && text) announcer.textContent = text;
  };

  const isTyping = (element) => element.matches('input, textarea, select') || element.isContentEditable;

  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const search = document.getElementById('search');
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  const dismiss = (button) => {
    const flash = button.closest('.flash');
    const next = (flash.nextElementSibling ?? flash.previousElementSibling)?.querySelector('[data-dismiss]');
    flash.remove();
    (next ?? document.getElementById('main'))?.focus({ preventScroll: true });
  };

  const copy = async (button) => {
    const label = button.querySelector('[data-copy-label]') ?? button;
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      // Clipboard access is refused on plain http; the text stands beside the button to be selected.
      window.getSelection()?.selectAllChildren(button.previousElementSibling ?? button);
      return;
    }
    if (button.disabled || label.textContent === button.dataset.copied) return;
    label.textContent = button.dataset.copied;
    announce(button.dataset.copied);
    window.setTimeout(() => {
      label.textContent = before;
    }, 2000);
  };

  // What an amount in cents comes to, beside its field: the server writes the same under what it was sent.
  document.addEventListener('input', ({ target }) => {
    const place = document.getElementById(`${target.id}-amount`);
    if (!place || !('currency' in place.dataset)) return;
    const { currency } = place.dataset;
    const style = /^[A-Z]{3}$/.test(currency) ? { style: 'currency', currency } : {};
    const isAmount = /^\d{1,12}$/.test(target.value.trim());
    const money = new Intl.NumberFormat(root.lang, style).format(Number(target.value) / 100);
    place.textContent = isAmount ? `${target.value.trim()} = ${money}` : '';
    place.hidden = !isAmount;
  });

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-dismiss], [data-copy]');
    if (!button) return;
    if (button.hasAttribute('data-dismiss')) dismiss(button);
    else void copy(button);
  });

  // A fragment that refreshes itself says so with data-quiet: no progress line, no moving of the focus.
  const isQuiet = (event) => event.detail?.ctx?.sourceElement?.closest?.('[data-quiet]') != null;
  let waiting = 0;
  const wait = (change) => {
    waiting = Math.max(0, waiting + change);
    root.classList.toggle('is-requesting', waiting > 0);
  };
  document.addEventListener('htmx:before:request', (event) => {
    if (!isQuiet(event)) wait(1);
  });
  document.addEventListener('htmx:finally:request', (event) => {
    if (!isQuiet(event)) wait(-1);
  });

  let announced = '';
  const announceUpdate = () => {
    const text = [...document.querySelectorAll('[data-announce]')]
      .map((element) => element.textContent.trim())
      .join('. ');
    if (text !== announced) announce(text);
    announced = text;
  };

  // htmx gives the focus back to an element with the same id. When that one is gone (the last page has no
  // "next"), the focus would fall to the top of the document; the list itself is the better place.
  const keepFocus = (event) => {
    const { target } = event.detail.ctx;
    if (document.activeElement !== document.body || isQuiet(event)) return;
    const place = target?.isConnected ? target : document.getElementById(target?.id ?? '');
    if (!place) return;
    if (!place.matches('a, button, input, select, textarea, [tabindex]')) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  };

  document.addEventListener('htmx:after:swap', (event) => {
    announceUpdate();
    keepFocus(event);
  });
  document.addEventListener('DOMContentLoaded', () => {
    announced = [...document.querySelectorAll('[data-announce]')]
      .map((element) => element.textContent.trim())
      .join('. ');
  });
})();
