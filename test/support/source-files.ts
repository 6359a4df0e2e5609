import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectPath } from '../../src/lib/project-path';

export interface SourceFile {
  /** Below the project's root. */
  path: string;
  text: string;
}

/** The files of the project below a folder whose names end so. */
export function sourceFiles(folder: string, ending: string): SourceFile[] {
  return readdirSync(projectPath(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: relative(projectPath(), file), text: readFileSync(file, 'utf8') }));
}

/** Every place where the pattern holds, as `path:line: text`. */
export function placesOf(files: SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, index) => (pattern.test(line) ? `${path}:${index + 1}: ${line.trim()}` : ''))
      .filter((place) => place !== ''),
  );
}
