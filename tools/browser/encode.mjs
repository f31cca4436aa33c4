// Encodes pictures and texts in .NET's runtime for browsers, under Node: node encode.mjs PUBLISHED MODEL VECTORS OUTPUT PICTURE… --text TEXT…
// OUTPUT gets their embeddings, one after another, as little-endian floats.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [published, model, vectors, output, ...inputs] = process.argv.slice(2);
const { dotnet } = await import(pathToFileURL(resolve(published, 'wwwroot', '_framework', 'dotnet.js')));
const { getAssemblyExports, getConfig } = await dotnet.create();
const { Program } = (await getAssemblyExports(getConfig().mainAssemblyName)).PureClip.Browser;

for (const name of await readdir(model))
    if (!name.startsWith('.'))
        Program.Write(`/model/${name}`, await readFile(join(model, name)));
Program.Load('/model', vectors);

const embeddings = [];
for (let i = 0; i < inputs.length; i++)
    embeddings.push(inputs[i] === '--text' ? Program.Text(inputs[++i]) : Program.Picture(await readFile(inputs[i])));
await writeFile(output, Buffer.concat(embeddings));
console.log(`browser: ${Program.Tour('/model')}`);
process.exit(0);
