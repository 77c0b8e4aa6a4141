// Runs on a thread of its own: see rewrite.ts.
import { parentPort, workerData } from 'node:worker_threads';
import BetterSqlite3 from 'better-sqlite3';

const db = new BetterSqlite3(workerData.file, { fileMustExist: true, timeout: workerData.busyTimeoutMs });
try {
  // VACUUM keeps its copy in a file without a name, not in memory.
  db.pragma('temp_store = FILE');
  db.pragma('secure_delete = ON');
  db.pragma('synchronous = NORMAL');
  for (const statement of workerData.before) db.exec(statement);
  db.exec('VACUUM');
  parentPort.postMessage({ done: true });
} catch (error) {
  parentPort.postMessage({ error: error.message, code: error.code });
} finally {
  db.close();
}
