/**
 * Tools, preview and pictures of the editor. The text is a plain field of a plain form: without this file it is written,
 * previewed and saved all the same.
 */
(() => {
  const editor = document.getElementById('editor');
  const text = document.getElementById('draft-content');
  if (!editor || !text) return;
  const { form } = text;
  const words = JSON.parse(editor.dataset.words);
  const { lang } = document.documentElement;
  const status = document.getElementById('editor-status');
  const token = () => form.elements._csrf.value;

  // --- Tools. What is inserted as if it were typed can be undone as if it had been.
  const insert = (from, to, inserted, selectFrom, selectTo) => {
    text.focus();
    text.setSelectionRange(from, to);
    if (!document.execCommand(inserted === '' ? 'delete' : 'insertText', false, inserted)) {
      text.setRangeText(inserted, from, to, 'end');
      text.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
    text.setSelectionRange(selectFrom, selectTo);
  };

  const chosen = () => [
    text.selectionStart,
    text.selectionEnd,
    text.value.slice(text.selectionStart, text.selectionEnd),
  ];

  /** Puts marks around the selection, or takes them away where they stand already. */
  const wrap = (mark) => {
    const [from, to, inner] = chosen();
    const size = mark.length;
    const isMarked = text.value.slice(from - size, from) === mark && text.value.slice(to, to + size) === mark;
    // `*` beside `**` belongs to the bold one.
    const isLonger = size === 1 && text.value[from - 2] === mark && text.value[from - 3] !== mark;
    if (isMarked && !isLonger) return insert(from - size, to + size, inner, from - size, to - size);
    const body = inner || words.sample;
    return insert(from, to, mark + body + mark, from + size, from + size + body.length);
  };

  /** Begins each line of the selection with a mark, or takes it away from all of them. */
  const prefix = (markOf, pattern) => {
    const [start, end] = chosen();
    const from = text.value.lastIndexOf('\n', start - 1) + 1;
    const next = text.value.indexOf('\n', end);
    const to = next < 0 ? text.value.length : next;
    const lines = text.value.slice(from, to).split('\n');
    const isMarked = lines.every((line) => pattern.test(line));
    const changed = lines
      .map((line, place) => (isMarked ? line.replace(pattern, '') : markOf(place) + line))
      .join('\n');
    const shift = changed.length - (to - from);
    const caret = Math.max(from, end + shift);
    insert(from, to, changed, lines.length > 1 ? from : caret, lines.length > 1 ? from + changed.length : caret);
  };

  /** A block of its own, with empty lines around it. */
  const block = (inserted, selectFrom = inserted.length, selectTo = selectFrom) => {
    const [from, to] = chosen();
    const before = text.value.slice(0, from);
    const gap = before === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n';
    const after = text.value.slice(to).startsWith('\n\n') ? '' : text.value.slice(to).startsWith('\n') ? '\n' : '\n\n';
    const at = from + gap.length;
    insert(from, to, gap + inserted + after, at + selectFrom, at + selectTo);
  };

  const link = () => {
    const [from, to, inner] = chosen();
    const isAddress = /^https?:\/\/\S+$/.test(inner);
    const label = isAddress ? words.sample : inner || words.sample;
    const address = isAddress ? inner : 'https://';
    const at = from + label.length + 3;
    if (isAddress) insert(from, to, `[${label}](${address})`, from + 1, from + 1 + label.length);
    else insert(from, to, `[${label}](${address})`, at, at + address.length);
  };

  const code = () => {
    const [, , inner] = chosen();
    if (inner.includes('\n')) block(`\`\`\`\n${inner}\n\`\`\``, 4, 4 + inner.length);
    else wrap('`');
  };

  const file = document.getElementById('editor-file');
  const tools = {
    bold: () => wrap('**'),
    italic: () => wrap('*'),
    heading: () => prefix(() => '## ', /^#{1,6} /),
    link,
    quote: () => prefix(() => '> ', /^> ?/),
    list: () => prefix(() => '- ', /^[-*+] /),
    numbers: () => prefix((place) => `${place + 1}. `, /^\d+[.)] /),
    code,
    picture: () => file.click(),
    divider: () => block('---'),
  };

  // One stop for the Tab key, arrows inside, as toolbars have it.
  const buttons = [...editor.querySelectorAll('[data-tool]')];
  const rove = (to) => {
    for (const button of buttons) button.tabIndex = button === to ? 0 : -1;
  };
  rove(buttons[0]);
  editor.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-tool]');
    if (!button) return;
    rove(button);
    tools[button.dataset.tool]();
  });
  const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  editor.querySelector('[role="toolbar"]').addEventListener('keydown', (event) => {
    const at = buttons.indexOf(document.activeElement);
    if (at < 0 || !(event.key in steps)) return;
    event.preventDefault();
    const next = buttons[Math.min(buttons.length - 1, Math.max(0, at + steps[event.key]))];
    rove(next);
    next.focus();
  });
  const keys = { b: 'bold', i: 'italic', k: 'link' };
  text.addEventListener('keydown', (event) => {
    const isShortcut = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    // With Caps Lock on, the key is a capital.
    const key = event.key.toLowerCase();
    const tool = isShortcut && Object.hasOwn(keys, key) && keys[key];
    if (!tool) return;
    event.preventDefault();
    tools[tool]();
  });

  // --- Words.
  const counter = document.getElementById('editor-count');
  const plurals = new Intl.PluralRules(lang);
  const numbers = new Intl.NumberFormat(lang);
  const count = () => {
    const found = text.value.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu)?.length ?? 0;
    const said = plurals.select(found) === 'one' ? counter.dataset.one : counter.dataset.other;
    counter.textContent = said.replace('{count}', numbers.format(found));
  };

  // --- Preview: the latest request is the only one.
  const screen = document.getElementById('editor-screen');
  const SHOWN = [
    'title',
    'content',
    'campaign',
    'is_public',
    'tiers',
    'unread_tiers',
    'min_cents_pledged_to_view',
    'as',
  ];
  let asked = null;
  const preview = async () => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    const body = new URLSearchParams([...new FormData(form)].filter(([name]) => SHOWN.includes(name)));
    try {
      const headers = { 'x-csrf-token': token(), 'hx-request': 'true' };
      const answer = await fetch('/patreon/posts/preview/', { method: 'POST', headers, body, signal });
      if (!answer.ok && answer.status !== 422) return;
      const html = await answer.text();
      if (signal.aborted) return;
      screen.innerHTML = html;
    } catch {
      // Offline, or asked anew: what is shown stays.
    }
  };
  let waiting = 0;
  const soon = () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(preview, 350);
  };
  form.addEventListener('input', ({ target }) => {
    if (target === text) count();
    if (SHOWN.includes(target.name)) soon();
  });
  const width = document.getElementById('editor-width');
  width.addEventListener('click', () => {
    const isWide = editor.classList.toggle('editor--desktop');
    width.setAttribute('aria-pressed', String(isWide));
  });

  // --- Pictures, one after the other.
  const send = async (picture) => {
    const body = new FormData();
    body.append('campaign', form.dataset.campaign);
    if (form.dataset.draft) body.append('draft', form.dataset.draft);
    body.append('picture', picture, picture.name || 'picture');
    const headers = { accept: 'application/json', 'x-csrf-token': token() };
    const answer = await fetch('/patreon/posts/pictures/', { method: 'POST', headers, body });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.errors?.[0]?.detail ?? words.notSent);
    return told;
  };
  const put = ({ markdown }) => {
    const alt = markdown.indexOf(']') - 2;
    block(markdown, 2, 2 + alt);
  };
  let line = Promise.resolve();
  const take = (files) => {
    for (const picture of files) {
      line = line.then(async () => {
        status.textContent = words.sending;
        try {
          put(await send(picture));
          status.textContent = words.stored;
        } catch (error) {
          status.textContent =
            error instanceof TypeError || error instanceof SyntaxError ? words.notSent : error.message;
        }
      });
    }
  };
  const picturesOf = (transfer) => [...(transfer?.files ?? [])].filter(({ type }) => type.startsWith('image/'));
  file.addEventListener('change', () => {
    take([...file.files]);
    file.value = '';
  });
  text.addEventListener('paste', (event) => {
    const pictures = picturesOf(event.clipboardData);
    // Programs that copy words put a picture of them beside.
    if (pictures.length === 0 || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    take(pictures);
  });
  text.addEventListener('dragover', (event) => {
    if (event.dataTransfer.types.includes('Files')) event.preventDefault();
  });
  text.addEventListener('drop', (event) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    take(picturesOf(event.dataTransfer));
  });

  count();
  void preview();
})();
