// A listener of a test broker that wants TLS and a user: its settings, and what has to run before it can start.
import path from 'node:path';

const KEYTOOL = ['-m', 'java.base/sun.security.tools.keytool.Main'];
const STORE_PASSWORD = 'only-for-tests';
/** Kafka knows a user by the mechanism too. */
export const TEST_USER = { username: 'hoardarr', password: 'only-for-tests' };
const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
const LOGIN = 'org.apache.kafka.common.security';

/**
 * @param {string} workDir where the key goes, and the certificate for clients as `broker.pem`
 * @param {string} host of the certificate
 * @param {number} port
 */
export function secureListener(workDir, host, port) {
  const store = path.join(workDir, 'broker.p12');
  const common = ['-alias', 'broker', '-keystore', store, '-storepass', STORE_PASSWORD];
  const name = ['-dname', `CN=${host}`, '-ext', `san=ip:${host}`, '-validity', '2'];
  const { username, password } = TEST_USER;
  const listener = 'listener.name.sasl_ssl';
  return {
    listener: `SASL_SSL://${host}:${port}`,
    before: [
      [...KEYTOOL, '-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', ...common, ...name],
      [...KEYTOOL, '-exportcert', '-rfc', '-file', path.join(workDir, 'broker.pem'), ...common],
    ],
    format: SCRAM.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${username},password=${password}]`]),
    settings: {
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
      [`${listener}.ssl.keystore.location`]: store,
      [`${listener}.ssl.keystore.password`]: STORE_PASSWORD,
      [`${listener}.sasl.enabled.mechanisms`]: ['PLAIN', ...SCRAM].join(','),
      [`${listener}.plain.sasl.jaas.config`]: `${LOGIN}.plain.PlainLoginModule required user_${username}="${password}";`,
      ...Object.fromEntries(
        SCRAM.map((mechanism) => [
          `${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`,
          `${LOGIN}.scram.ScramLoginModule required;`,
        ]),
      ),
    },
  };
}
