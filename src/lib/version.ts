import { readFileSync } from 'node:fs';
import { projectPath } from './project-path';

/** The version of package.json, for the User-Agent and the status page. */
export const VERSION: string = JSON.parse(readFileSync(projectPath('package.json'), 'utf8')).version;
