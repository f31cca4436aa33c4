// npm's openai and ollama, and immich's request, against a server: node clients.mjs ADDRESS MODEL EXPECTED.jsonl PICTURE
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import OpenAI from 'openai';
import { Ollama } from 'ollama';

const [address, model, expectedPath, picturePath] = process.argv.slice(2);
// What `pureclip embed` prints: a line for each of the two texts and the picture.
const [red, dog, picture] = (await readFile(expectedPath, 'utf8')).trim().split('\n').map(line => JSON.parse(line).embedding.map(Math.fround));
const same = (found, expected, what) => {
  assert.deepEqual(Array.from(found, Math.fround), expected, what);
  console.log(`same bits: ${what}`);
};

const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: 'none', maxRetries: 0 });
const two = await openai.embeddings.create({ model, input: ['a red car', 'dog'] }); // the package asks for base64 by itself
same(two.data[0].embedding, red, 'openai, as it comes');
same(two.data[1].embedding, dog, 'openai, the second');
assert.ok(two.usage.total_tokens > 0);
const floats = await openai.embeddings.create({ model, input: 'a red car', encoding_format: 'float' });
same(floats.data[0].embedding, red, 'openai, floats');
const uri = `data:image/png;base64,${(await readFile(picturePath)).toString('base64')}`;
same((await openai.embeddings.create({ model, input: uri })).data[0].embedding, picture, 'openai, a picture');
const models = [];
for await (const one of openai.models.list()) models.push(one.id);
assert.ok(models.includes(model));
assert.equal((await openai.models.retrieve(model)).id, model);
await assert.rejects(openai.embeddings.create({ model: 'no-such', input: 'a' }), OpenAI.NotFoundError);
await assert.rejects(openai.embeddings.create({ model, input: '' }), OpenAI.BadRequestError);
console.log('openai: errors are of its own classes');

const [generator] = (await (await fetch(new URL('/v1/generators', address))).json()).data;
if (generator) {
  const drawn = await openai.images.generate({ model: generator.name, prompt: 'a red hat', n: 2, size: '256x256', response_format: 'b64_json' });
  assert.deepEqual(drawn.data.map(one => Buffer.from(one.b64_json, 'base64').subarray(1, 4).toString()), ['PNG', 'PNG']);
  await assert.rejects(openai.images.generate({ prompt: 'a', response_format: 'url' }), OpenAI.BadRequestError);
  console.log('openai: two pictures drawn');
}

const ollama = new Ollama({ host: address });
const embedded = await ollama.embed({ model, input: ['a red car', 'dog'] });
same(embedded.embeddings[0], red, 'ollama embed');
same(embedded.embeddings[1], dog, 'ollama embed, the second');
same((await ollama.embeddings({ model, prompt: 'a red car' })).embedding, red, 'ollama embeddings');
assert.equal((await ollama.list()).models[0].name, `${model}:latest`);
assert.deepEqual((await ollama.show({ model })).capabilities, ['embedding']);
await assert.rejects(ollama.embed({ model: 'no-such', input: 'a' }), /no-such/);

// server/src/repositories/machine-learning.repository.ts: FormData with 'entries', and a Blob without a name or a text.
const predict = async (payload, config) => {
  const form = new FormData();
  form.append('entries', JSON.stringify({ clip: config }));
  if (payload.imagePath) form.append('image', new Blob([await readFile(payload.imagePath)]));
  else form.append('text', payload.text);
  const response = await fetch(new URL('/predict', address), { method: 'POST', body: form });
  assert.ok(response.status >= 200 && response.status < 300);
  return response.json();
};
const visual = await predict({ imagePath: picturePath }, { visual: { modelName: model } });
same(JSON.parse(visual.clip), picture, `immich, a picture of ${visual.imageWidth} x ${visual.imageHeight}`);
same(JSON.parse((await predict({ text: 'a red car' }, { textual: { modelName: model, options: { language: 'en' } } })).clip), red, 'immich, a text');
assert.equal(await (await fetch(new URL('/ping', address))).text(), 'pong');
