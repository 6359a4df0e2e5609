import { stringify } from 'csv-stringify/sync';

export type CsvCell = string | number | boolean | null;

/** A spreadsheet passes over blanks before it looks for a formula; the library knows those that begin a cell. */
const FORMULA_AFTER_BLANKS = /^[\s\0]+[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** Lines of a CSV file (RFC 4180, CRLF), every cell in quotes and none of them a formula. */
export function csvLines(rows: readonly (readonly CsvCell[])[]): string {
  return stringify(rows as CsvCell[][], {
    quoted: true,
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: {
      boolean: (value) => String(value),
      string: (value) => (FORMULA_AFTER_BLANKS.test(value) ? `'${value}` : value),
    },
  });
}

/** What begins a file, so that a spreadsheet takes it for UTF-8. */
export const CSV_BEGIN = '\ufeff';
