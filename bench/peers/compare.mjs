// PureClip against ONNX Runtime, cell by cell in turns, so that a machine that is not quiet disturbs both alike; the best of all rounds.
// Prints a markdown table. node compare.mjs ONNX_DIRECTORY MODEL_DIRECTORY [--pureclip FILE] [--dtype f32,int8] [--threads 1,2]
//     [--images 1,16] [--texts 1,32] [--rounds 4]
import { execFileSync } from 'node:child_process';
import { cpus, release, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, '../../src/PureClip.Cli/bin/Release/net10.0/pureclip');
const seconds = 2; // as pureclip bench
const string = value => ({ type: 'string', default: value });
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pureclip: string(program), dtype: string('f32'), threads: string('1,2'), images: string('1,16'), texts: string('1,32'),
    rounds: string('4'),
  },
});
const [onnx, model] = positionals;
if (!model) {
  console.error('usage: node compare.mjs ONNX_DIRECTORY MODEL_DIRECTORY [--pureclip FILE] [--dtype f32,int8] [--threads 1,2]\n'
    + '    [--images 1,16] [--texts 1,32] [--rounds 4]');
  process.exit(2);
}

const numbers = text => text.split(',').filter(part => part !== '').map(Number);
const run = (file, args) => execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const lines = text => text.trim().split('\n').map(line => JSON.parse(line));

function peer({ kind, dtype, threads, batch }) {
  const args = ['--kind', kind, '--dtype', dtype, '--threads', threads, '--batch', batch, '--seconds', seconds];
  return lines(run(process.execPath, [join(here, 'onnxruntime.mjs'), onnx, ...args.map(String)]))[0];
}

function own({ kind, dtype, threads, batch }) {
  const args = ['bench', '--model', model, '--format', 'jsonl', '--kind', kind, '--threads', threads, `--${kind}-batch`, batch];
  if (dtype !== 'f32') args.push('--weights', dtype);
  return lines(run(values.pureclip, args.map(String)))[0];
}

const cells = values.dtype.split(',').flatMap(dtype => numbers(values.threads).flatMap(threads => [
  ...numbers(values.images).map(batch => ({ kind: 'image', dtype, threads, batch })),
  ...numbers(values.texts).map(batch => ({ kind: 'text', dtype, threads, batch })),
]));

let version;
for (let round = 1; round <= Number(values.rounds); round++)
  for (const cell of cells) {
    const other = peer(cell);
    version = other.version;
    cell.peer = Math.min(cell.peer ?? Infinity, other.ms);
    cell.own = Math.min(cell.own ?? Infinity, own(cell).ms);
    console.error(`round ${round}: ${cell.batch} ${cell.kind}, ${cell.dtype}, ${cell.threads} thread(s): ${cell.own} ms, ONNX Runtime ${cell.peer} ms`);
  }

const info = JSON.parse(run(values.pureclip, ['info', '--model', model, '--format', 'jsonl']));
console.log(`Milliseconds for a whole batch, best of ${values.rounds} rounds in turns. ${cpus()[0].model.trim()}, ${cpus().length} processors, `
  + `${type()} ${release()}. PureClip ${info.version} on ${info.runtime}, ${info.simd}; ONNX Runtime ${version}, CPU, all graph optimisations. `
  + 'The text is "a photo of a cat": PureClip computes its 7 tokens, the exported model all 77.\n');
console.log('| | weights | threads | PureClip | ONNX Runtime | |\n|---|---|---|---|---|---|');
for (const { kind, dtype, threads, batch, peer: theirs, own: ours } of cells) {
  const what = `${batch} ${kind === 'image' ? 'picture' : 'text'}${batch === 1 ? '' : 's'}`;
  console.log(`| ${what} | ${dtype} | ${threads} | ${ours.toPrecision(3)} | ${theirs.toPrecision(3)} | ${(theirs / ours).toFixed(2)}x |`);
}
