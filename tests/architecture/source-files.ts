import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** A file that people wrote. */
export interface SourceFile {
  /** from the root of the project, with forward slashes */
  readonly path: string;
  readonly text: string;
}

const EXTENSIONS = new Set(['.ts', '.tsx', '.mjs', '.cjs', '.js']);

/** Every source file of the project: the folders that tsc compiles, the scripts and the launcher. */
export function listSourceFiles(): SourceFile[] {
  const { include } = JSON.parse(readFileSync(path.join(projectRoot, 'tsconfig.json'), 'utf8')) as {
    include: string[];
  };
  return [...include, 'bin', 'scripts', 'console'].flatMap((folder) => filesBelow(folder)).filter(isWrittenByPeople);
}

function filesBelow(folder: string): SourceFile[] {
  const absolute = path.join(projectRoot, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && EXTENSIONS.has(path.extname(entry.name)))
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return { path: path.relative(projectRoot, file).split(path.sep).join('/'), text: readFileSync(file, 'utf8') };
    });
}

function isWrittenByPeople(file: SourceFile): boolean {
  return !/(^|\/)(generated|fixtures|node_modules)\//.test(file.path);
}
