/**
 * Keeps what is written in a draft: on the server a few seconds after the typing stops, and on this device until the server
 * has said that it has it. Saving by hand needs nothing of this.
 */
(() => {
  const form = document.getElementById('draft-form');
  const editor = document.getElementById('editor');
  if (!form || !editor) return;
  const { campaign, staff, draft, autosave, presence } = form.dataset;
  const words = JSON.parse(editor.dataset.words);
  const status = document.getElementById('editor-status');
  const SAVE_AFTER_MS = 3_000;
  const COPY_AFTER_MS = 150;
  const RETRY_MS = 10_000;
  const PRESENCE_MS = 20_000;
  const MOST_COPIES = 5;
  const KEPT_MS = 30 * 24 * 3_600_000;
  const told = (style) =>
    new Intl.DateTimeFormat(document.documentElement.lang, { ...style, timeZone: editor.dataset.zone });
  const [clock, calendar] = [told({ timeStyle: 'short' }), told({ dateStyle: 'medium', timeStyle: 'short' })];
  const tell = (key, time = '') => {
    const said = words[key].replace('{time}', time);
    if (status.textContent !== said) status.textContent = said;
  };

  // --- What is written, without what belongs to the page.
  const NOT_WRITTEN = new Set(['_csrf', 'version', 'state', 'as', 'campaign', 'token']);
  const fields = () => [...new FormData(form)].filter(([name]) => !NOT_WRITTEN.has(name));
  // A form sends line ends as two characters; what is compared must not depend on it.
  const written = () => JSON.stringify(fields()).replaceAll('\\r\\n', '\\n');

  // --- Copies on this device, of this person and this draft alone.
  const HERE = `patrondesk:draft:${staff}:${draft ?? `new-${campaign}`}`;
  const OFFERED = `${HERE}:offered`;
  const stored = (key, otherwise) => {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const store = (key, value) => {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  };

  // Whoever they are of: a draft that was deleted is gone by then as well.
  const forget = () => {
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith('patrondesk:draft:'))) {
      const one = [stored(key, null)].flat()[0];
      if (!(Date.now() - one?.at < KEPT_MS)) store(key, null);
    }
  };
  try {
    forget();
  } catch {
    // Storage is refused: nothing is there to be forgotten.
  }

  const beginning = written();
  // A form that was refused shows what the server does not have.
  let acknowledged = 'refused' in editor.dataset ? null : beginning;
  let copied = null;
  const copy = (isSent = false) => {
    const now = written();
    if (now === acknowledged) return store(HERE, null);
    if (now === copied && !isSent) return true;
    copied = now;
    const token = form.elements.token?.value ?? null;
    return store(HERE, { written: now, token, at: Date.now(), isSent });
  };

  // --- Copies of an earlier opening are offered, the newest first.
  const offer = document.getElementById('editor-copy');
  const found = stored(HERE, null);
  let offered = stored(OFFERED, []);
  if (found) offered = [found, ...offered].slice(0, MOST_COPIES);
  const showOffer = () => {
    offered = offered.filter((one) => typeof one.written === 'string' && one.written !== written());
    store(OFFERED, offered.length > 0 ? offered : null);
    offer.hidden = offered.length === 0;
    if (offer.hidden) return;
    const values = new Map(JSON.parse(offered[0].written));
    offer.querySelector('pre').textContent = [values.get('title'), values.get('content')].filter(Boolean).join('\n\n');
    offer.querySelector('[data-copy-time]').textContent = words.copyOf.replace(
      '{time}',
      calendar.format(offered[0].at),
    );
  };
  const put = (entries) => {
    const valuesOf = (name) => entries.filter(([other]) => other === name).map(([, value]) => value);
    for (const field of form.elements) {
      if (!field.name || NOT_WRITTEN.has(field.name) || ['submit', 'hidden', 'file'].includes(field.type)) continue;
      if (field.type === 'checkbox') field.checked = valuesOf(field.name).includes(field.value);
      else field.value = valuesOf(field.name)[0] ?? '';
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }
  };
  offer.addEventListener('click', ({ target }) => {
    const isTaken = target.closest('[data-copy-take]') !== null;
    if (!isTaken && !target.closest('[data-copy-discard]')) return;
    const [taken, ...others] = offered;
    offered = others;
    if (isTaken) {
      const here = { written: written(), token: null, at: Date.now() };
      if (here.written !== beginning) offered = [here, ...offered];
      if (taken.token && form.elements.token) form.elements.token.value = taken.token;
      put(JSON.parse(taken.written));
      copy();
    }
    showOffer();
    document.getElementById('draft-content').focus();
  });
  store(HERE, null);
  showOffer();

  const isSameText = (one, other) => {
    const [mine, theirs] = [one, other].map((all) => new Map(JSON.parse(all)));
    return ['title', 'content'].every((name) => mine.get(name)?.trim() === theirs.get(name)?.trim());
  };
  // A new one that was sent has become a draft: its copy is of use to nobody.
  if (draft) {
    const made = `patrondesk:draft:${staff}:new-${campaign}`;
    const sent = stored(made, null);
    if (sent?.isSent && isSameText(sent.written, beginning)) store(made, null);
  }

  // --- Saving by itself.
  const compare = document.getElementById('editor-compare');
  let isConflict = false;
  let saving = null;
  let copyTimer = 0;
  let saveTimer = 0;

  const keptAside = (isKept) => tell(isKept ? 'kept' : 'unkept');
  const answered = async (answer, sent) => {
    if (answer.ok) {
      const { version, saved_at, state } = await answer.json();
      form.elements.version.value = version;
      form.elements.state.value = state;
      acknowledged = sent;
      copy();
      tell('saved', clock.format(new Date(saved_at)));
      return true;
    }
    if (answer.status === 409) {
      // Both are on the server now; which of them holds is decided on the page that compares them.
      const { moved } = await answer.json();
      isConflict = true;
      acknowledged = sent;
      copy();
      tell(moved ? 'moved' : 'conflict');
      compare.hidden = moved;
      return true;
    }
    const isKept = copy();
    if (answer.status === 401 || answer.status === 403) tell(isKept ? 'signedOut' : 'unkept');
    else if (answer.status === 422) tell(isKept ? 'refused' : 'unkept');
    else keptAside(isKept);
    return false;
  };

  const later = (after) => {
    window.clearTimeout(saveTimer);
    saveTimer = window.setTimeout(() => void save(), after);
  };

  /** Whether the server has all that is written. One request at a time; what is typed meanwhile follows. */
  const save = async (options = {}) => {
    if (!autosave) return false;
    if (isConflict) return written() === acknowledged;
    if (saving !== null) {
      await saving;
      return save(options);
    }
    const sent = written();
    if (sent === acknowledged) return true;
    const body = new URLSearchParams([
      ...fields(),
      ['version', form.elements.version.value],
      ['state', form.elements.state.value],
    ]);
    const headers = { accept: 'application/json', 'x-csrf-token': form.elements._csrf.value };
    saving = fetch(autosave, { method: 'POST', headers, body, ...options })
      .then((answer) => answered(answer, sent))
      .catch(() => {
        keptAside(copy());
        return false;
      });
    const isSaved = await saving;
    saving = null;
    if (isSaved ? written() !== acknowledged : navigator.onLine) later(isSaved ? SAVE_AFTER_MS : RETRY_MS);
    return isSaved && written() === acknowledged;
  };

  const keep = () => {
    const isKept = copy();
    // A new one is saved by hand first.
    if (!autosave) tell(isKept ? 'local' : 'unkept');
  };
  const changed = ({ target }) => {
    if (target.form !== form || !target.name || target.name === 'as') return;
    window.clearTimeout(copyTimer);
    copyTimer = window.setTimeout(keep, COPY_AFTER_MS);
    if (autosave && written() !== acknowledged) later(SAVE_AFTER_MS);
  };
  form.addEventListener('input', changed);
  form.addEventListener('change', changed);
  window.addEventListener('online', () => later(0));

  const KEEPALIVE_MOST = 60_000;
  const leave = () => {
    window.clearTimeout(copyTimer);
    copy(isSending);
    if (!isSending && written().length < KEEPALIVE_MOST) void save({ keepalive: true });
  };
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') leave();
  });
  window.addEventListener('pagehide', leave);

  if (acknowledged === null) changed({ target: document.getElementById('draft-content') });

  // --- Saving by hand: the copy goes once the server has the text, and stays if nobody answers.
  let isSending = false;
  form.addEventListener('submit', (event) => {
    const { submitter } = event;
    if (submitter?.formAction.endsWith('/preview/')) return;
    if (isSending) return;
    window.clearTimeout(saveTimer);
    isSending = true;
    copy(true);
    if (!autosave || isConflict || written() === acknowledged) return;
    event.preventDefault();
    const go = () => form.requestSubmit(submitter);
    void save({ signal: AbortSignal.timeout(4_000) }).then(go, go);
  });
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) isSending = false;
  });

  // --- Who else has it open.
  const others = document.getElementById('draft-editors');
  const greet = async () => {
    if (document.visibilityState === 'hidden') return;
    try {
      const headers = { accept: 'application/json', 'x-csrf-token': form.elements._csrf.value };
      const answer = await fetch(presence, { method: 'POST', headers });
      if (!answer.ok) return;
      const { editors } = await answer.json();
      const said = words.others.replace('{names}', editors.map(({ name }) => name).join(', '));
      const place = others.querySelector('span');
      if (place.textContent !== said) place.textContent = said;
      others.hidden = editors.length === 0;
    } catch {
      // Offline: who was there stays said.
    }
  };
  if (presence && others) window.setInterval(greet, PRESENCE_MS);
})();
