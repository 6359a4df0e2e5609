/** Pattern for LIKE that finds a text anywhere, taken as it is: its own `%`, `_` and `\` are no wildcards. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
