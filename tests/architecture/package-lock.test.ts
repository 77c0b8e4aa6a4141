import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectRoot } from './source-files.ts';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

/** What is installed for Hoardarr, and what a benchmark installs beside it. */
describe.each(['.', 'bench/reconcile-bench'])('what %s installs', (folder) => {
  const lock = readJson(`${folder}/package-lock.json`) as Lock;
  const manifest = readJson(`${folder}/package.json`) as Manifest;

  test('the lock file names no registry, so that any mirror serves it', () => {
    expect(locatedPackages(lock)).toEqual([]);
    expect(locatedPackages({ packages: { 'node_modules/a': { resolved: 'https://example.org/a.tgz' } } })).toEqual([
      'node_modules/a',
    ]);
  });

  test('the lock file has every platform: npm drops an optional package that it cannot find without a word', () => {
    expect(missingOptionals(lock)).toEqual([]);
    const incomplete: Lock = { packages: { 'node_modules/a': { optionalDependencies: { 'a-darwin': '1.0.0' } } } };
    expect(missingOptionals(incomplete)).toEqual(['node_modules/a lacks a-darwin']);
  });

  test('every dependency is pinned exactly', () => {
    expect(inexactVersions({ ...manifest.dependencies, ...manifest.devDependencies })).toEqual([]);
    expect(inexactVersions({ a: '^1.0.0', b: '1.0.0' })).toEqual(['a@^1.0.0']);
  });

  test('every install script was looked at', () => {
    const withScript = Object.entries(lock.packages)
      .filter(([name, locked]) => name !== '' && locked.hasInstallScript === true)
      .map(([name]) => name.slice(name.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect(withScript.filter((name) => manifest.allowScripts[name] === undefined)).toEqual([]);
  });
});

function locatedPackages({ packages }: Lock): string[] {
  return Object.keys(packages).filter((name) => packages[name]?.resolved !== undefined);
}

function missingOptionals({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([parent, locked]) =>
    Object.keys(locked.optionalDependencies ?? {})
      .filter((name) => !(`node_modules/${name}` in packages || `${parent}/node_modules/${name}` in packages))
      .map((name) => `${parent} lacks ${name}`),
  );
}

function inexactVersions(dependencies: Readonly<Record<string, string>>): string[] {
  return Object.entries(dependencies)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name}@${version}`);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(projectRoot, file), 'utf8'));
}
