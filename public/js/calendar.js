/** Drags drafts to another day. The form behind each draft's calendar button does the same without a pointer, or without this script. */
(() => {
  let dragged = null;
  let moved = '';

  const cellUnder = (event) => event.target.closest?.('td[data-day]') ?? null;
  const marked = () => document.querySelectorAll('.is-target');

  const mark = (cell) => {
    for (const other of marked()) if (other !== cell) other.classList.remove('is-target');
    cell?.classList.add('is-target');
  };

  document.addEventListener('dragstart', (event) => {
    dragged = event.target.closest?.('[data-movable]') ?? null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', dragged.id);
    dragged.classList.add('is-dragged');
  });

  document.addEventListener('dragover', (event) => {
    const cell = dragged && cellUnder(event);
    if (dragged) mark(cell);
    if (!cell) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'move';
  });

  document.addEventListener('drop', (event) => {
    const cell = dragged && cellUnder(event);
    if (!cell) return;
    event.preventDefault();
    const form = dragged.querySelector('form');
    const field = form.elements.planned_for;
    const wanted = `${cell.dataset.day}T${dragged.dataset.time}`;
    if (field.value === wanted) return;
    field.value = wanted;
    form.requestSubmit();
  });

  document.addEventListener('dragend', () => {
    dragged?.classList.remove('is-dragged');
    dragged = null;
    mark(null);
  });

  // The draft stands elsewhere after its move: the focus goes with it.
  document.addEventListener('submit', (event) => {
    moved = event.target.closest?.('[data-movable]')?.id ?? '';
  });
  document.addEventListener('htmx:after:swap', () => {
    if (moved === '') return;
    document.getElementById(moved)?.querySelector('.calendar__title').focus({ preventScroll: true });
    moved = '';
  });
})();
