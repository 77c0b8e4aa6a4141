// A lock between processes on one machine, kept in a file. Plain JavaScript without dependencies.
import { mkdirSync, readFileSync, rmdirSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 2_000;
const STALE_AFTER_MS = 30_000;
const POLL_MS = 200;

/**
 * Does `work` while no other process does work under the same lock.
 *
 * A holder that was killed is noticed by its process id, or, on another machine or in another
 * container, by its heartbeat.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {() => void} [onWait] called once if another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(file, work, onWait = () => {}) {
  mkdirSync(path.dirname(file), { recursive: true });
  let waited = false;
  while (!tryAcquire(file)) {
    if (!waited) onWait();
    waited = true;
    if (isStale(file)) removeIfStillStale(file);
    else await sleep(POLL_MS);
  }
  const heartbeat = setInterval(() => utimesSync(file, new Date(), new Date()), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    unlinkIfThere(file);
  }
}

function tryAcquire(file) {
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isStale(file) {
  try {
    const ageMs = Date.now() - statSync(file).mtimeMs;
    if (ageMs > STALE_AFTER_MS) return true;
    const holder = JSON.parse(readFileSync(file, 'utf8'));
    return holder.host === hostname() && !isAlive(holder.pid);
  } catch {
    // Gone meanwhile, or created but not yet written: the next attempt tells.
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Only one waiter may break a lock, and it looks again first: else a second would break the first one's new lock. */
function removeIfStillStale(file) {
  const breaking = `${file}.breaking`;
  try {
    mkdirSync(breaking);
  } catch {
    if (ageMsOf(breaking) > STALE_AFTER_MS) rmdirSync(breaking);
    return;
  }
  try {
    if (isStale(file)) unlinkIfThere(file);
  } finally {
    rmdirSync(breaking);
  }
}

function ageMsOf(file) {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function unlinkIfThere(file) {
  try {
    unlinkSync(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
