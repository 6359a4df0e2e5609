/** Puts a snippet where the cursor stands in the text, so that it can be undone as if it had been typed. */
(() => {
  const text = document.getElementById('draft-content');
  if (!text) return;
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-snippet]');
    if (!button) return;
    const { snippet } = button.dataset;
    button.closest('details').open = false;
    text.focus();
    if (document.execCommand('insertText', false, snippet)) return;
    text.setRangeText(snippet, text.selectionStart, text.selectionEnd, 'end');
    text.dispatchEvent(new InputEvent('input', { bubbles: true }));
  });
})();
