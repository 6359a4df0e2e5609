import { CSV_BEGIN, csvLines } from '../../lib/csv';
import type { ExportFormat } from './export.model';
import type { Cell, ExportColumn, ExportSubject } from './export-columns';

/** The text of a file, a batch of rows at a time. */
export interface ExportText {
  begin(): string;
  rows(subjects: readonly ExportSubject[]): string;
  end(): string;
}

export const MEDIA_TYPES: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
};

export function exportText(format: ExportFormat, columns: readonly ExportColumn[]): ExportText {
  return format === 'csv' ? csvText(columns) : jsonText(columns);
}

const cellsOf = (subject: ExportSubject, columns: readonly ExportColumn[]) =>
  columns.flatMap((column) => column.read(subject));

function csvText(columns: readonly ExportColumn[]): ExportText {
  const flat = (cell: Cell) => (Array.isArray(cell) ? cell.join('; ') : cell);
  return {
    begin: () => CSV_BEGIN + csvLines([columns.flatMap(({ heads }) => heads)]),
    rows: (subjects) => csvLines(subjects.map((subject) => cellsOf(subject, columns).map(flat))),
    end: () => '',
  };
}

/** One array, one row to a line. */
function jsonText(columns: readonly ExportColumn[]): ExportText {
  const heads = columns.flatMap((column) => column.heads);
  const line = (subject: ExportSubject) => {
    const cells = cellsOf(subject, columns);
    return JSON.stringify(Object.fromEntries(heads.map((head, index) => [head, cells[index]])));
  };
  let between = '\n';
  return {
    begin: () => '[',
    rows(subjects) {
      const text = subjects.map((subject) => {
        const before = between;
        between = ',\n';
        return before + line(subject);
      });
      return text.join('');
    },
    end: () => '\n]\n',
  };
}
