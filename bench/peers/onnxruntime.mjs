// How fast does ONNX Runtime encode a batch? One JSON line per cell: {"peer","version","kind","dtype","threads","batch","ms"}.
// node onnxruntime.mjs DIRECTORY [--kind image,text] [--dtype f32|int8] [--threads 1,2] [--batch 1,8,16] [--seconds 2]
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ort = createRequire(import.meta.url)('onnxruntime-node'); // require, because it honours NODE_PATH
const context = 77;
const start = 49406;
const end = 49407;

const kinds = {
  image: { file: 'vision_model', batches: [1, 8, 16], feeds: images },
  text: { file: 'text_model', batches: [1, 32], feeds: texts },
};

// Uniform in -2..2, about the range of normalised pixels; the time does not depend on the values.
function images(batch) {
  const pixels = Float32Array.from({ length: batch * 3 * 224 * 224 }, () => Math.random() * 4 - 2);
  return { pixel_values: new ort.Tensor('float32', pixels, [batch, 3, 224, 224]) };
}

// Full length: 75 random tokens between start and end, so that nothing could be skipped.
function texts(batch) {
  const ids = new BigInt64Array(batch * context);
  for (let i = 0; i < ids.length; i++) {
    const position = i % context;
    ids[i] = BigInt(position === 0 ? start : position === context - 1 ? end : Math.floor(Math.random() * start));
  }
  return { input_ids: new ort.Tensor('int64', ids, [batch, context]) };
}

// Milliseconds of the fastest call: what the machine can do when nothing else takes its time.
async function fastest(session, feeds, seconds) {
  for (let i = 0; i < 3; i++) await session.run(feeds);
  const until = performance.now() + 1000 * seconds;
  let best = Infinity;
  for (let calls = 0; calls < 5 || performance.now() < until; calls++) {
    const before = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - before);
  }
  return best;
}

const list = text => text?.split(',');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kind: { type: 'string' },
    dtype: { type: 'string', default: 'f32' },
    threads: { type: 'string' },
    batch: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const [directory] = positionals;
const suffix = { f32: '.onnx', int8: '.int8.onnx' }[values.dtype];
if (!directory || !suffix) {
  console.error('usage: node onnxruntime.mjs DIRECTORY [--kind image,text] [--dtype f32|int8] [--threads 1,2] [--batch 1,8,16] [--seconds 2]');
  process.exit(2);
}

for (const kind of list(values.kind) ?? Object.keys(kinds)) {
  const { file, batches, feeds } = kinds[kind];
  for (const threads of list(values.threads)?.map(Number) ?? [1, 2]) {
    const session = await ort.InferenceSession.create(join(directory, file + suffix), {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    });
    for (const batch of list(values.batch)?.map(Number) ?? batches) {
      const ms = await fastest(session, feeds(batch), Number(values.seconds ?? 2));
      const { dtype } = values, version = ort.env.versions.node;
      const cell = { peer: 'onnxruntime', version, kind, dtype, threads, batch, ms: Number(ms.toFixed(3)) };
      console.log(JSON.stringify(cell));
    }
    await session.release();
  }
}
