// Embeds a text and comes to its end without closing the embedder.
import { RecordingTelemetry } from '../../../testing/recording-telemetry.ts';
import { LocalEmbedder } from './local-embedder.ts';

const deps = {
  clock: { now: () => 0, elapsed: () => 0, sleep: async () => {} },
  random: () => 0,
  telemetry: new RecordingTelemetry(),
};
const [result] = await new LocalEmbedder(deps).embed(['a text']);
process.stdout.write(JSON.stringify(result !== undefined && 'vector' in result));
