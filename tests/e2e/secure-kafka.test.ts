import { expect, it } from '@jest/globals';
import { describeWithSecureBroker } from '../../testing/stack/secure-broker.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { DataFolder, type ImportJson, OFFLINE } from './data-folder.test-support.ts';
import { Program } from './program.test-support.ts';

describeWithSecureBroker('a program on a broker that wants TLS and a user', ['registry'], (found) => {
  const folderWith = (password: string): DataFolder => {
    const { SECURE_BROKERS = '', SECURE_USERNAME = '', SECURE_CA = '', SCHEMA_REGISTRY_URL = '' } = found();
    return new DataFolder({
      ...OFFLINE,
      HOARDARR_EVENT_LOG: 'kafka',
      KAFKA_BROKERS: SECURE_BROKERS,
      KAFKA_SSL: 'on',
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: SECURE_USERNAME,
      KAFKA_SASL_PASSWORD: password,
      NODE_EXTRA_CA_CERTS: SECURE_CA,
      SCHEMA_REGISTRY_URL,
      SCHEMA_REGISTRY_AUTO_REGISTER: 'on',
    });
  };

  it('takes an export in', async () => {
    const folder = folderWith(found()['SECURE_PASSWORD'] ?? '');
    const program = new Program(folder, ['import', 'tiktok', folder.write(inventedExport(inventedRows(20)))]);
    expect({ status: await program.ended(), said: program.stderr }).toMatchObject({ status: 0 });
    expect((JSON.parse(program.stdout.replace(/^ready\n/, '')) as ImportJson).new).toBe(20);
    folder.remove();
  });

  it('says what to check where the password is wrong, and shows it nowhere', async () => {
    const folder = folderWith('planted-secret');
    const program = new Program(folder, ['status']);
    expect(await program.ended()).toBe(2);
    expect(program.stdout).toContain('check KAFKA_SASL_MECHANISM');
    expect(`${program.stdout}${program.stderr}`).not.toContain('planted-secret');
    folder.remove();
  });
});
