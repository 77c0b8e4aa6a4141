import { ApiProblem, apiUrl, OWN_REQUEST, problemText } from '../api/client.ts';
import type { UploadView } from '../api/types.ts';
import type { TrackedUpload } from './tracked-upload.ts';

/**
 * Sends the bytes of an export; fetch cannot tell how many went out. Resolves to what the server made of it.
 *
 * @throws ApiProblem with its refusal; with status 0 where the connection broke
 */
export function sendFile(
  file: File,
  { id, provider, user, asOf }: Pick<TrackedUpload, 'id' | 'provider' | 'user' | 'asOf'>,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<UploadView> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const path = `v1/users/${encodeURIComponent(user)}/${provider ?? ''}/uploads`;
    request.open('POST', apiUrl(path, { id, filename: file.name, asOf }));
    for (const [name, value] of Object.entries({ accept: 'application/json', ...OWN_REQUEST }))
      request.setRequestHeader(name, value);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.addEventListener('progress', (event) => onSent(event.loaded));
    request.addEventListener('load', () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as UploadView);
      else reject(new ApiProblem(request.status, problemText(request.responseText, request.status)));
    });
    request.addEventListener('error', () => reject(new ApiProblem(0, 'the connection broke while the file was sent')));
    request.addEventListener('abort', () => reject(signal.reason as Error));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
