export interface BudgetWindow {
  key: string;
  until: Date;
}

const HOUR_MS = 3_600_000;

/** Clock hours and days of UTC, so that everybody can tell when a budget begins anew. */
export function budgetWindows(now: Date): { hour: BudgetWindow; day: BudgetWindow } {
  const iso = now.toISOString();
  const hour = Date.parse(`${iso.slice(0, 13)}:00:00Z`);
  const day = Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);
  return {
    hour: { key: iso.slice(0, 13), until: new Date(hour + HOUR_MS) },
    day: { key: iso.slice(0, 10), until: new Date(day + 24 * HOUR_MS) },
  };
}
