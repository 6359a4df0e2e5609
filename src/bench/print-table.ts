/** Columns as wide as their widest cell; the first is text, the others are numbers. */
export function printTable(head: string[], rows: string[][], print: (line: string) => void): void {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of [head, ...rows]) {
    const cells = widths.map((width, column) =>
      column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width),
    );
    print(cells.join('  '));
  }
}
