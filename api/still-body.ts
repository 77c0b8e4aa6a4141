import type { IncomingMessage } from 'node:http';

/** A connection is ended at the second look at which nothing had come since the one before. */
export const LOOK_MS = 60_000;

/**
 * Ends the connection of who stops in the middle of a body without a word: else anybody could hold it for ever, and an upload
 * whose sender is gone would be received for ever. What has come and is not read yet is not the sender's delay.
 */
export function endWhereStill(request: IncomingMessage): void {
  const { headers, socket } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
  let bytesRead = socket.bytesRead;
  let stillLooks = 0;
  const timer = setInterval(() => {
    const isSendersTurn = !request.complete && request.readableLength === 0;
    stillLooks = isSendersTurn && socket.bytesRead === bytesRead ? stillLooks + 1 : 0;
    bytesRead = socket.bytesRead;
    if (stillLooks === 2) request.destroy();
  }, LOOK_MS);
  request.once('close', () => clearInterval(timer));
}
