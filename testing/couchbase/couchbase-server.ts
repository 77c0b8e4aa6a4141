import type { BucketSettings } from '../../sinks/couchbase/bucket.ts';
import type { PartEnvironment } from '../stack/real-parts.ts';

/** A server that speaks Couchbase's key-value protocol, for a test run. */
export interface CouchbaseServer {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly bucket: string;
  /** false on the protocol server, which has neither collections nor levels of durability */
  readonly collections: boolean;
  readonly durability: BucketSettings['durability'];
  /** of the Search service; null on the protocol server */
  readonly searchUrl: string | null;
}

/** What the environment of a suite says of it. */
export function couchbaseOf(environment: PartEnvironment): CouchbaseServer {
  const valueOf = (name: string): string => {
    const value = environment[name];
    if (value === undefined)
      throw new Error(`${name} is known only once tests run, and where the server is one of theirs`);
    return value;
  };
  return {
    url: valueOf('COUCHBASE_URL'),
    username: valueOf('COUCHBASE_USERNAME'),
    password: valueOf('COUCHBASE_PASSWORD'),
    bucket: environment['COUCHBASE_BUCKET'] ?? 'hoardarr',
    collections: environment['COUCHBASE_COLLECTIONS'] !== 'off',
    durability: (environment['COUCHBASE_DURABILITY'] as BucketSettings['durability'] | undefined) ?? 'majority',
    searchUrl: environment['COUCHBASE_SEARCH_URL'] ?? null,
  };
}

/** What leads the program to it. Couchbase's protocol server knows neither collections nor durability. */
export function environmentOf({ url, username, password, bucket }: CouchbaseServer): Readonly<Record<string, string>> {
  return {
    HOARDARR_STORE: 'couchbase',
    COUCHBASE_URL: url,
    COUCHBASE_USERNAME: username,
    COUCHBASE_PASSWORD: password,
    COUCHBASE_BUCKET: bucket,
    COUCHBASE_COLLECTIONS: 'off',
    COUCHBASE_DURABILITY: 'none',
  };
}
