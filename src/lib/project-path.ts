import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

let root: string | undefined;

/** A path below the folder that holds package.json: the same from src/ and from dist/src/. */
export function projectPath(...parts: string[]): string {
  root ??= findRoot(__dirname);
  return join(root, ...parts);
}

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('package.json was not found above this file');
  return findRoot(parent);
}
