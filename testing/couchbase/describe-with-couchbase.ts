import { describeWithParts } from '../stack/real-parts.ts';
import { type CouchbaseServer, couchbaseOf } from './couchbase-server.ts';

/** A suite on Couchbase's protocol: see describeWithParts. */
export function describeWithCouchbase(name: string, body: (server: () => CouchbaseServer) => void): void {
  describeWithParts(name, ['couchbase'], (environment) => body(() => couchbaseOf(environment())));
}
