/** What a measurement is given. */
export interface Bench {
  /** How many members there shall be. */
  rows: number;
  /** Migrated, empty, dropped afterwards. */
  databaseUrl: string;
  print(line: string): void;
}
