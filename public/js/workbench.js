/**
 * Keys, ranges and numbers of the member list, and the way back to it. Everything works without: boxes are boxes, the
 * number is said by the page that confirms, links are links.
 */
(() => {
  const KEYS_OFF = 'patrondesk:keys-off';
  const PLACES = 'patrondesk:places';
  const MOST_PLACES = 20;
  const { lang } = document.documentElement;
  const plurals = new Intl.PluralRules(lang);
  const numbers = new Intl.NumberFormat(lang);

  /** Storage may be refused or hold anything. */
  const stored = (store, key, otherwise) => {
    try {
      return JSON.parse(store.getItem(key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const store = (storage, key, value) => {
    try {
      storage.setItem(key, JSON.stringify(value));
    } catch {
      // Full or refused: the list then opens at its top.
    }
  };

  const table = () => document.querySelector('[data-list="members"]');
  const rows = () => [...(table()?.querySelectorAll('tbody tr') ?? [])];
  const boxes = () => [...document.querySelectorAll('input[name="ids"][form="bulk"]')];
  const linkOf = (row) => row.querySelector('th a');
  const boxOf = (row) => row?.querySelector('input[name="ids"]');

  // --- A field that the browser refuses cannot tell why inside of closed conditions.
  document.addEventListener(
    'invalid',
    ({ target }) => {
      for (let closed = target.closest('details:not([open])'); closed; closed = closed.closest('details:not([open])'))
        closed.open = true;
    },
    true,
  );

  // --- Selection: what is said is always what is ticked on this page, or all that match.
  const words = (element, count, shown) =>
    (plurals.select(count) === 'one' ? element.dataset.one : element.dataset.other).replace('{count}', shown);

  const tell = () => {
    const form = document.getElementById('bulk');
    if (!form) return;
    const all = form.querySelector('#bulk-matching');
    const ticked = boxes().filter((box) => box.checked).length;
    const count = all.checked ? Number(all.dataset.count) : ticked;
    const shown = `${numbers.format(count)}${all.checked && 'capped' in all.dataset ? '+' : ''}`;
    const said = form.querySelector('[data-bulk-count]');
    said.textContent = words(said, count, shown);
    const button = form.querySelector('#bulk-continue');
    const action = form.querySelector('#bulk-action').selectedOptions[0];
    button.disabled = count === 0;
    button.textContent = count === 0 ? button.dataset.idle : words(action, count, shown);
    const head = document.getElementById('bulk-page');
    if (!head) return;
    head.checked = ticked > 0 && ticked === boxes().length;
    head.indeterminate = ticked > 0 && !head.checked;
  };

  let last = null;
  const tickRange = (box) => {
    const here = boxes();
    const [from, to] = [here.indexOf(last), here.indexOf(box)].sort((a, b) => a - b);
    if (from < 0) return;
    for (const one of here.slice(from, to + 1)) one.checked = box.checked;
  };

  document.addEventListener('click', (event) => {
    const box = event.target.closest?.('input[name="ids"][form="bulk"]');
    if (box) {
      if (event.shiftKey && last && last !== box) tickRange(box);
      last = box;
      tell();
    }
    const opener = event.target.closest?.('[data-open-dialog]');
    if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
  });
  document.addEventListener('change', (event) => {
    const { target } = event;
    if (target.id === 'bulk-page') for (const box of boxes()) box.checked = target.checked;
    if (target.matches('[data-use-keys]')) store(localStorage, KEYS_OFF, !target.checked);
    if (target.closest('#bulk') || target.id === 'bulk-page') tell();
  });

  // --- Keys: the row that has the focus is the current one.
  const move = (step) => {
    const all = rows();
    if (all.length === 0) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
    const link = linkOf(all[next]);
    link?.focus({ preventScroll: true });
    all[next].scrollIntoView({ block: 'nearest' });
  };
  const tick = () => {
    const box = boxOf(rows().find((row) => row.contains(document.activeElement)));
    if (!box) return;
    box.checked = !box.checked;
    last = box;
    tell();
  };
  const actions = {
    j: () => move(1),
    k: () => move(-1),
    x: tick,
    '?': () => document.getElementById('keys')?.showModal(),
  };

  const isTyping = (element) => element.matches?.('input:not([type="checkbox"]), textarea, select, [contenteditable]');
  document.addEventListener(
    'keydown',
    (event) => {
      const isSingle = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (!isSingle || isTyping(event.target) || document.querySelector('dialog[open]')) return;
      if (stored(localStorage, KEYS_OFF, false)) {
        // The search's own key is a single one too.
        if (event.key === '/') event.stopImmediatePropagation();
        return;
      }
      if (!Object.hasOwn(actions, event.key) || !table()) return;
      event.preventDefault();
      actions[event.key]();
    },
    true,
  );

  // --- The way back: where the list stood, which member was open and what was ticked, by address.
  const address = () => window.location.pathname + window.location.search;
  const remember = () => {
    if (!table()) return;
    const open = rows().find((row) => row.contains(document.activeElement));
    const place = {
      address: address(),
      top: window.scrollY,
      id: open?.dataset.id ?? null,
      ticked: boxes()
        .filter((box) => box.checked)
        .map((box) => box.value),
    };
    const others = stored(sessionStorage, PLACES, []).filter((one) => one.address !== place.address);
    store(sessionStorage, PLACES, [place, ...others].slice(0, MOST_PLACES));
  };
  /** Where a link back to the list was followed from: the address that it leads to, and the member that was open. */
  const RETURN = 'patrondesk:return';
  const takeReturn = () => {
    const back = stored(sessionStorage, RETURN, null);
    store(sessionStorage, RETURN, null);
    return back?.address === address() ? back : null;
  };
  const restore = () => {
    if (!table()) return;
    const back = takeReturn();
    const isBack = performance.getEntriesByType('navigation')[0]?.type === 'back_forward';
    if (!back && !isBack) return;
    const place = stored(sessionStorage, PLACES, []).find((one) => one.address === address());
    for (const box of boxes()) box.checked = place?.ticked.includes(box.value) ?? false;
    const id = back?.id ?? place?.id;
    const row = rows().find(({ dataset }) => dataset.id === id);
    if (row) linkOf(row)?.focus({ preventScroll: true });
    if (place) window.scrollTo(0, place.top);
    row?.scrollIntoView({ block: place ? 'nearest' : 'center' });
  };
  document.addEventListener('click', (event) => {
    const back = event.target.closest?.('a[data-return]');
    const [, id = null] = /^\/patreon\/members\/(\d+)\//.exec(window.location.pathname) ?? [];
    if (back) store(sessionStorage, RETURN, { address: back.pathname + back.search, id });
  });
  window.addEventListener('pagehide', remember);

  // A filter changed by htmx leads away from the view whose tab is marked.
  const markTab = () => {
    const plain = (search) => {
      const asked = new URLSearchParams(search);
      for (const name of ['after', 'before', 'columns', 'remember']) asked.delete(name);
      if (asked.get('sort') === '-joined') asked.delete('sort');
      return [...asked]
        .filter(([, value]) => value)
        .sort()
        .join('&');
    };
    const here = plain(window.location.search);
    for (const tab of document.querySelectorAll('#member-views a')) {
      if (plain(tab.search) === here) tab.setAttribute('aria-current', 'page');
      else tab.removeAttribute('aria-current');
    }
  };

  document.addEventListener('htmx:after:swap', () => {
    last = null;
    tell();
    if (table()) markTab();
  });
  document.addEventListener('htmx:after:history:update', markTab);
  document.addEventListener('DOMContentLoaded', () => {
    const use = document.querySelector('[data-use-keys]');
    if (use) use.checked = !stored(localStorage, KEYS_OFF, false);
    restore();
    tell();
  });
})();
