import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Calls back once, when nobody reads the answer any more, and at once where that is so already. An answer that waits for its turn
 * on a connection, or that is begun after the connection was closed, is never told that it was.
 */
export function whenGone({ socket }: IncomingMessage, answer: ServerResponse, callback: () => void): void {
  if (socket.destroyed) {
    callback();
    return;
  }
  const gone = (): void => {
    socket.off('close', gone);
    answer.off('close', gone);
    callback();
  };
  socket.once('close', gone);
  answer.once('close', gone);
}
