import type { SecretBox } from '../../lib/secret-box';

export type SecretColumn = 'client_secret' | 'access_token' | 'refresh_token';

const place = (column: SecretColumn, id: number): string => `patreon_credentials|${column}|${id}`;

/** Seals a value for one column of one row: moved anywhere else it cannot be opened. */
export function sealSecret(secrets: SecretBox, column: SecretColumn, id: number, value: string): string {
  return secrets.seal(value, place(column, id));
}

/** @throws SecretUnreadableError */
export function openSecret(
  secrets: SecretBox,
  column: SecretColumn,
  credential: { id: number } & Partial<Record<SecretColumn, string | null>>,
): string {
  return secrets.open(credential[column] ?? '', place(column, credential.id));
}
