import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { JsonApiDocument } from '../../src/sandbox/document';

const FOLDER = path.join(__dirname, '../fixtures/patreon');

export const readFixture = (file: string) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8'));

/** A moment at which the people of the samples are as the samples show them. */
export const WIRE_NOW = Date.parse('2026-09-15T08:00:00Z');

/** The sample answers of the read endpoints, for `startSandbox({ documents })`. */
export function wireDocuments(): JsonApiDocument[] {
  const files = readdirSync(FOLDER).filter((file) => /^(identity|campaign|member|post)s?\..*\.200\.json$/.test(file));
  return files.sort().map(readFixture);
}
