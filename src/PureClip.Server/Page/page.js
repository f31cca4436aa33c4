// The page of pureclip-server: a query of words, pictures, hits and concepts, and the wall of what is found. No framework, no other address.

const $ = id => document.getElementById(id);
const FIRST = 60, MORE = 120, MOST = 1000, PATIENCE = 220;
const EXAMPLES = ['a red car', 'something to eat', 'music - guitar', 'animal + water'];

/** What is looked for: pictures, hits and concepts are chips; words stand in the field. */
const query = { chips: [], top: FIRST };
let indexes = [], generators = [], hits = [], opened = null, running = null, drawing = null, timer = 0;

/* ---- Talking with the server ---- */

/** fetch with the key, if there is one; asks for it where it is missing, and comes again where the server says when. */
async function call(address, options = {}) {
  for (;;) {
    const key = sessionStorage.getItem('key');
    const headers = { ...options.headers, ...(key ? { 'x-api-key': key } : {}) };
    const response = await fetch(address, { ...options, headers });
    if (response.status === 401 && await askForKey()) continue;
    if (response.status === 429) {
      const seconds = Number(response.headers.get('retry-after')) || 1;
      say(`The server is busy; trying again in ${seconds} s.`);
      await new Promise(done => setTimeout(done, seconds * 1000));
      options.signal?.throwIfAborted();
      continue;
    }
    if (!response.ok) throw new Error((await response.json().catch(() => null))?.error?.message ?? `The server answered ${response.status}.`);
    return response;
  }
}

const send = async (address, body, signal) =>
  (await call(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal })).json();

function askForKey() {
  return new Promise(answer => {
    $('ask').addEventListener('close', () => {
      const key = $('key').value.trim();
      if (key) sessionStorage.setItem('key', key);
      answer(key.length > 0);
    }, { once: true });
    $('key').value = '';
    $('ask').showModal();
  });
}

/** Shows a picture; with a key it has to be fetched, for an address alone cannot carry one. */
async function show(image, address) {
  if (!sessionStorage.getItem('key')) {
    image.src = address;
    return;
  }
  try {
    image.src = URL.createObjectURL(await (await call(address)).blob());
    image.addEventListener('load', () => URL.revokeObjectURL(image.src), { once: true });
  } catch {
    image.dispatchEvent(new Event('error'));
  }
}

/* ---- The query ---- */

/** "beach + dog - 2:people" as terms. Signs stand between spaces, so that t-shirt is a word; a number before ':' says how much it counts. */
export function parse(words) {
  const terms = [];
  let sign = 1;
  for (const part of words.split(/(?:^|\s+)([+\-\u2212])(?=\s|$)/)) {
    if (part === '+' || part === '-' || part === '\u2212') {
      sign = part === '+' ? 1 : -1;
      continue;
    }
    const [, weight, text] = /^(?:(\d+(?:\.\d+)?):(?!\d))?(.*)$/s.exec(part.trim());
    if (text.trim()) terms.push({ text: text.trim(), weight: sign * (Number(weight) || 1) });
    sign = 1;
  }
  return terms;
}

const terms = () => [
  ...query.chips.map(({ image, hit, concept, sign }) => ({ image, hit, concept, weight: sign })),
  ...parse($('words').value),
];

function add(chip, alone = false) {
  if (alone) {
    query.chips = [];
    $('words').value = '';
  }
  const same = query.chips.findIndex(other => (chip.hit && other.hit === chip.hit) || (chip.concept && other.concept === chip.concept));
  if (same >= 0) query.chips.splice(same, 1);
  query.chips.push(chip);
  changed(true);
}

async function addFile(file, sign = 1) {
  if (!file.type.startsWith('image/')) return say(`${file.name || 'This'} is not a picture.`, true);
  const image = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
  add({ image, preview: URL.createObjectURL(file), name: file.name || 'picture', sign });
}

const addHit = (hit, sign, alone = false) => add({ hit: hit.id, preview: hit.thumbnail, name: hit.key, sign }, alone);

/** Draws the query, remembers it in the address, and searches: at once, or after a moment without typing. */
function changed(atOnce) {
  drawChips();
  query.top = FIRST;
  const state = new URLSearchParams();
  if ($('words').value.trim()) state.set('q', $('words').value.trim());
  for (const { hit, concept, preview, name, sign } of query.chips) {
    if (hit) state.append('hit', JSON.stringify([sign, hit, preview, name]));
    if (concept) state.append('concept', JSON.stringify([sign, concept]));
  }
  if ($('index').value && indexes.length > 1) state.set('index', $('index').value);
  const address = state.size ? `#${state}` : location.pathname;
  if (atOnce && location.hash !== `#${state}`) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  clearTimeout(timer);
  timer = setTimeout(search, atOnce ? 0 : PATIENCE);
}

function restore() {
  const state = new URLSearchParams(location.hash.slice(1));
  const read = (name, make) => state.getAll(name).flatMap(text => {
    try {
      return [make(...JSON.parse(text))];
    } catch {
      return [];
    }
  });
  $('words').value = state.get('q') ?? '';
  query.chips = [
    // an address may come from anywhere: only pictures of this server are shown
    ...read('hit', (sign, hit, preview, name) => ({ sign, hit, preview: `${preview}`.startsWith('/v1/indexes/') ? preview : '', name })),
    ...read('concept', (sign, concept) => ({ sign, concept })),
  ];
  if (state.get('index')) $('index').value = state.get('index');
  drawChips();
  search();
}

/* ---- What is seen ---- */

function say(text, isError = false) {
  $('status').textContent = text;
  $('status').classList.toggle('error', isError);
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function drawChips() {
  $('chips').replaceChildren(...query.chips.map((chip, i) => {
    const minus = chip.sign < 0, name = chip.concept ?? chip.name;
    const flip = element('button', { type: 'button', className: 'sign', textContent: minus ? '−' : '+', title: 'Add or take away' });
    flip.ariaLabel = `${name}: ${minus ? 'taken away; add' : 'added; take away'}`;
    flip.onclick = () => { chip.sign = -chip.sign; changed(true); };
    const gone = element('button', { type: 'button', className: 'gone', textContent: '×', title: 'Remove' });
    gone.ariaLabel = `Remove ${name}`;
    gone.onclick = () => { query.chips.splice(i, 1); changed(true); $('words').focus(); };
    let body = element('span', { textContent: name });
    if (!chip.concept) {
      body = element('img', { alt: name, title: name });
      if (chip.preview?.startsWith('blob:')) body.src = chip.preview;
      else if (chip.preview?.startsWith('data:')) body.src = chip.preview;
      else if (chip.preview) show(body, chip.preview);
    }
    return element('li', { className: minus ? 'minus' : 'plus' }, flip, body, gone);
  }));
  $('words').placeholder = query.chips.length ? '+ something - something' : 'What are you looking for?';
  for (const button of $('concepts').querySelectorAll('button')) {
    const chip = query.chips.find(one => one.concept === button.textContent);
    button.dataset.sign = chip?.sign ?? 0;
    button.ariaPressed = chip !== undefined;
  }
}

function drawConcepts() {
  const concepts = indexes.find(index => index.name === $('index').value)?.concepts ?? [];
  $('concepts').hidden = concepts.length === 0;
  $('concepts').replaceChildren(...concepts.map(concept => {
    const button = element('button', { type: 'button', textContent: concept, title: 'Add, take away, leave out' });
    button.onclick = () => { // + then - then out
      const chip = query.chips.find(one => one.concept === concept);
      if (!chip) return add({ concept, sign: 1 });
      if (chip.sign > 0) chip.sign = -1;
      else query.chips.splice(query.chips.indexOf(chip), 1);
      changed(true);
    };
    return element('li', {}, button);
  }));
}

function drawWall() {
  $('wall').replaceChildren(...hits.map((hit, i) => {
    const image = element('img', { alt: '', loading: i < 24 ? 'eager' : 'lazy', decoding: 'async', draggable: false });
    const score = hit.probability === undefined ? hit.score.toFixed(3) : `${(100 * hit.probability).toFixed(1)} %`;
    const tile = element('button', { type: 'button', className: 'tile', title: hit.key, tabIndex: i === 0 ? 0 : -1 }, image,
      element('span', { className: 'score', textContent: score }));
    tile.ariaLabel = `${hit.rank}. ${hit.key}, score ${score}`;
    image.onerror = () => tile.classList.add('broken');
    show(image, hit.thumbnail);
    tile.onclick = () => open(hit);
    const quick = element('div', { className: 'quick' }, ...[['≈', 'More like this', () => addHit(hit, 1, true)],
      ['+', 'Add to the query', () => addHit(hit, 1)], ['−', 'Take away from the query', () => addHit(hit, -1)]]
      .map(([text, title, act]) => {
        const button = element('button', { type: 'button', textContent: text, title, tabIndex: -1, onclick: act });
        button.ariaLabel = `${title}: ${hit.key}`;
        return button;
      }));
    const item = element('li', {}, tile, quick);
    item.style.setProperty('--i', i);
    return item;
  }));
}

/* ---- Searching ---- */

async function search() {
  running?.abort();
  const looked = terms();
  $('welcome').hidden = looked.length > 0 || indexes.length === 0 && hits.length > 0;
  if (looked.length === 0 || indexes.length === 0) {
    hits = [];
    drawWall();
    $('more').hidden = true;
    if (indexes.length) say('');
    return;
  }
  const mine = running = new AbortController();
  $('wall').classList.add('waits');
  const start = performance.now();
  try {
    const answer = await send('/v1/search', { index: $('index').value || undefined, query: looked, top: query.top }, mine.signal);
    hits = answer.hits;
    drawWall();
    $('more').hidden = hits.length < query.top || query.top >= MOST || hits.length >= answer.searched;
    say(`${hits.length} of ${answer.searched.toLocaleString()} pictures · ${answer.model} · ${Math.round(performance.now() - start)} ms`);
  } catch (error) {
    if (error.name === 'AbortError') return;
    say(error.message, true);
  } finally {
    if (mine === running) $('wall').classList.remove('waits');
  }
}

/* ---- Drawing ---- */

const DRAWN = 4, LARGEST_SEED = 2 ** 53;

/** Pictures of what is looked for: a text alone is more than its vector to the network, so it goes as a prompt. */
async function draw() {
  drawing?.abort();
  const looked = terms(), generator = generators[0];
  const sayHere = (text, isError = false) => { $('draw-status').textContent = text; $('draw-status').classList.toggle('error', isError); };
  if (looked.length === 0) {
    sayHere('Write above what is to be drawn, or drop a picture.');
    return $('words').focus();
  }
  const mine = drawing = new AbortController(), start = performance.now();
  const what = looked.length === 1 && looked[0].text && looked[0].weight === 1 ? { prompt: looked[0].text } : { query: looked };
  sayHere('Drawing …');
  $('drawn').classList.add('waits');
  try {
    const answer = await send('/v1/images/generations', {
      ...what, model: generator.name, index: $('index').value || undefined, n: DRAWN, size: `${4 * generator.side}x${4 * generator.side}`,
      style: $('draw-style').value || undefined, seed: $('draw-seed').value || '1',
    }, mine.signal);
    $('drawn').replaceChildren(...answer.data.map(drawnPicture));
    sayHere(`Drawn by ${answer.model} · ${((performance.now() - start) / 1000).toFixed(1)} s`);
  } catch (error) {
    if (error.name !== 'AbortError') sayHere(error.message, true);
  } finally {
    if (mine === drawing) $('drawn').classList.remove('waits');
  }
}

function drawnPicture({ b64_json, seed, score }, i) {
  const image = `data:image/png;base64,${b64_json}`, name = `drawn ${i + 1}`;
  const tile = element('button', { type: 'button', className: 'tile', title: 'Search with this picture' }, element('img', { src: image, alt: '' }));
  if (score !== undefined) tile.append(element('span', { className: 'score', textContent: score.toFixed(3) }));
  tile.ariaLabel = `${name}: search with it`;
  tile.onclick = () => add({ image, preview: image, name, sign: 1 }, true);
  return element('li', {}, tile, element('a', { href: image, download: `${seed}.png`, textContent: `seed ${seed}`, title: 'Save this picture' }));
}

function toggleDrawing(isOpen = $('draw').hidden) {
  if (generators.length === 0) return;
  $('draw').hidden = !isOpen;
  $('draw-open').ariaExpanded = isOpen;
}

/* ---- One picture ---- */

function open(hit) {
  opened = hit;
  $('detail-picture').alt = hit.key;
  show($('detail-picture'), `${hit.thumbnail}?side=1200`);
  $('detail-name').textContent = hit.key;
  $('detail-score').textContent = hit.score.toFixed(3);
  $('detail').showModal();
  if (!$('where').dataset.own) $('where').value = parse($('words').value).filter(term => term.weight > 0).map(term => term.text).join(', ');
  heat = null;
  drawHeat();
  $('where-texts').replaceChildren();
  classify();
  if (isOn()) locate();
}

/** Which of the labels the picture has. */
async function classify() {
  const labels = [...new Set($('labels').value.split(',').map(label => label.trim()).filter(label => label))];
  localStorage.setItem('labels', $('labels').value);
  const hit = opened;
  if (labels.length === 0) return $('probabilities').replaceChildren();
  try {
    const answer = await send('/v1/classify', { hit: hit.id, index: $('index').value || undefined, labels });
    if (hit !== opened) return;
    $('probabilities').replaceChildren(...answer.data[0].labels.slice(0, 12).map(({ label, probability }) => {
      const bar = element('i');
      bar.style.setProperty('--share', probability);
      return element('li', {}, element('span', { textContent: label }),
        element('span', { textContent: `${(100 * probability).toFixed(1)} %` }), bar);
    }));
  } catch (error) {
    $('probabilities').replaceChildren(element('li', { textContent: error.message }));
  }
}

/* ---- Where in it something is ---- */

// Dark blue, violet, red, orange, yellow: brighter as well as warmer, so that it reads in grey too.
const RAMP = [[20, 11, 53], [101, 21, 110], [188, 55, 84], [243, 120, 25], [252, 233, 79]];
const MOST_HEAT = .75, UNSEEN = .6, HEAT_SIDE = 480, MOST_PLACES = 8;

/** What is drawn over the picture: { rows, columns, seen, values }; null for nothing. */
let heat = null, locating = null;

const isOn = () => $('where-show').ariaPressed === 'true';

/** Asks where the words of the field, between commas, are in the picture. */
async function locate() {
  locating?.abort();
  const hit = opened, texts = [...new Set($('where').value.split(',').map(text => text.trim()).filter(text => text))].slice(0, MOST_PLACES);
  heat = null;
  drawHeat();
  if (!isOn() || texts.length === 0) return $('where-texts').replaceChildren();
  const mine = locating = new AbortController();
  try {
    const answer = await send('/v1/explain', { hit: hit.id, index: $('index').value || undefined, texts }, mine.signal);
    if (hit !== opened || mine !== locating) return;
    const buttons = answer.data.map(({ text, cosine, values }) => {
      const button = element('button', { type: 'button', textContent: `${text} · ${cosine.toFixed(3)}`, title: 'Show where this is' });
      button.onclick = () => {
        for (const other of buttons) other.ariaPressed = other === button;
        heat = { ...answer, values };
        drawHeat();
      };
      return button;
    });
    $('where-texts').replaceChildren(...buttons.map(button => element('li', {}, button)));
    buttons[0].click();
  } catch (error) {
    if (error.name !== 'AbortError') $('where-texts').replaceChildren(element('li', { textContent: error.message }));
  }
}

/** The map over the picture: from its least to its largest value, straight between the middles of patches; what is not seen is darker. */
function drawHeat() {
  const canvas = $('heat'), { naturalWidth, naturalHeight } = $('detail-picture');
  canvas.hidden = !heat || !naturalWidth;
  if (canvas.hidden) return;
  const { rows, columns, seen, values } = heat, scale = HEAT_SIDE / Math.max(naturalWidth, naturalHeight);
  const width = canvas.width = Math.max(1, Math.round(naturalWidth * scale)), height = canvas.height = Math.max(1, Math.round(naturalHeight * scale));
  const least = Math.min(...values), range = Math.max(...values) - least || 1;
  const between = (place, count) => {
    const at = Math.min(Math.max(place * count - .5, 0), count - 1), low = Math.floor(at);
    return [low, Math.min(low + 1, count - 1), at - low];
  };
  const pixels = new ImageData(width, height);
  for (let y = 0, to = 0; y < height; y++) {
    const down = ((y + .5) / height - seen.top) / seen.height, [top, bottom, low] = between(down, rows);
    for (let x = 0; x < width; x++, to += 4) {
      const across = ((x + .5) / width - seen.left) / seen.width;
      if (across < 0 || across > 1 || down < 0 || down > 1) {
        pixels.data[to + 3] = 255 * UNSEEN;
        continue;
      }
      const [left, right, far] = between(across, columns), mix = row => (1 - far) * values[row * columns + left] + far * values[row * columns + right];
      const hot = ((1 - low) * mix(top) + low * mix(bottom) - least) / range, place = hot * (RAMP.length - 1);
      const step = Math.min(Math.floor(place), RAMP.length - 2), part = place - step;
      for (let channel = 0; channel < 3; channel++)
        pixels.data[to + channel] = (1 - part) * RAMP[step][channel] + part * RAMP[step + 1][channel];
      pixels.data[to + 3] = 255 * MOST_HEAT * Math.sqrt(Math.max(0, hot));
    }
  }
  canvas.getContext('2d').putImageData(pixels, 0, 0);
}

function act(what) {
  $('detail').close();
  if (what === 'like') addHit(opened, 1, true);
  else addHit(opened, what === 'plus' ? 1 : -1);
  scrollTo({ top: 0 });
}

/* ---- Hands ---- */

$('form').onsubmit = event => { event.preventDefault(); changed(true); if (indexes.length === 0 && generators.length > 0) draw(); };
$('words').oninput = () => changed(false);
$('words').onkeydown = event => {
  if (event.key === 'Backspace' && !$('words').value && query.chips.length) { query.chips.pop(); changed(true); }
  if (event.key === 'ArrowDown' && hits.length) { event.preventDefault(); tileAt(0)?.focus(); }
};
$('index').onchange = () => { query.chips = query.chips.filter(chip => chip.image); drawConcepts(); changed(true); };
$('file').onchange = async () => { for (const file of $('file').files) await addFile(file); $('file').value = ''; };
$('draw-open').onclick = () => { toggleDrawing(); if (!$('draw').hidden && terms().length) draw(); };
$('draw-form').onsubmit = event => { event.preventDefault(); draw(); };
$('draw-style').onchange = () => { if (terms().length) draw(); };
$('draw-dice').onclick = () => { $('draw-seed').value = Math.floor(Math.random() * LARGEST_SEED); draw(); };
$('more').onclick = () => { query.top = Math.min(MOST, query.top + MORE); search(); };
$('labels').value = localStorage.getItem('labels') ?? '';
$('labels').oninput = () => { clearTimeout(timer); timer = setTimeout(classify, PATIENCE); };
$('where').oninput = () => {
  $('where').dataset.own = $('where').value ? 'yes' : ''; // what was typed stays for the next picture
  clearTimeout(timer);
  timer = setTimeout(locate, PATIENCE);
};
$('where').onkeydown = event => { if (event.key === 'Enter') { $('where-show').ariaPressed = true; locate(); } };
$('where-show').onclick = () => { $('where-show').ariaPressed = !isOn(); locate(); };
$('detail-picture').onload = drawHeat;
for (const button of document.querySelectorAll('[data-act]')) button.onclick = () => act(button.dataset.act);
$('detail').onclick = event => { if (event.target === $('detail')) $('detail').close(); };
addEventListener('popstate', restore);

const tileAt = i => $('wall').children[i]?.firstElementChild;

/** Moves along the wall as it lies: left and right by one, up and down by a row. */
function move(key) {
  const tiles = [...$('wall').children].map(item => item.firstElementChild), at = tiles.indexOf(document.activeElement);
  const columns = tiles.findIndex(tile => tile.getBoundingClientRect().top > tiles[0].getBoundingClientRect().top + 4);
  const row = columns < 0 ? tiles.length : columns;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - row, ArrowDown: at + row, Home: 0, End: tiles.length - 1 }[key];
  if (to < 0) return $('words').focus();
  if (!tiles[to]) return;
  tiles[at].tabIndex = -1;
  tiles[to].tabIndex = 0;
  tiles[to].focus();
}

addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const types = event.target.matches?.('input, select, textarea'), tile = event.target.closest?.('#wall .tile');
  if (event.key === '/' && !types && !document.querySelector('dialog[open]')) { event.preventDefault(); $('words').focus(); $('words').select(); }
  if ($('detail').open && !types) {
    const next = { ArrowLeft: -1, ArrowRight: 1 }[event.key], hit = hits[hits.indexOf(opened) + next];
    if (next && hit) { $('detail').close(); open(hit); }
    if (event.key === 'm') act('like');
    if (event.key === '+') act('plus');
    if (event.key === '-') act('minus');
    return;
  }
  if (event.key === 'd' && !types && !document.querySelector('dialog[open]')) $('draw-open').click();
  if (!tile) return;
  const hit = hits[[...$('wall').children].indexOf(tile.parentElement)];
  if (/^(Arrow|Home|End)/.test(event.key)) { event.preventDefault(); move(event.key); }
  if (event.key === 'm') addHit(hit, 1, true);
  if (event.key === '+') addHit(hit, 1);
  if (event.key === '-') addHit(hit, -1);
});

let depth = 0; // how many elements the dragged thing is inside of
const isFile = event => [...event.dataTransfer?.types ?? []].includes('Files');
addEventListener('dragenter', event => { if (isFile(event)) { depth++; $('drop').classList.add('on'); } });
addEventListener('dragleave', event => { if (isFile(event) && --depth <= 0) { depth = 0; $('drop').classList.remove('on'); } });
addEventListener('dragover', event => { if (isFile(event)) event.preventDefault(); });
addEventListener('drop', async event => {
  if (!isFile(event)) return;
  event.preventDefault();
  depth = 0;
  $('drop').classList.remove('on');
  for (const file of event.dataTransfer.files) await addFile(file, event.shiftKey ? -1 : 1);
});
addEventListener('paste', async event => {
  const files = [...event.clipboardData?.files ?? []];
  if (files.length) event.preventDefault();
  for (const file of files) await addFile(file);
});

/* ---- Light and dark ---- */

const night = matchMedia('(prefers-color-scheme: dark)');
const paint = () => { document.documentElement.dataset.theme = localStorage.getItem('theme') ?? (night.matches ? 'dark' : 'light'); };
night.onchange = paint;
$('theme').onclick = () => {
  const theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  if ((theme === 'dark') === night.matches) localStorage.removeItem('theme'); // as the system has it: follow it again
  else localStorage.setItem('theme', theme);
  paint();
};
paint();

/* ---- Begin ---- */

try {
  indexes = (await (await call('/v1/indexes')).json()).data;
  $('index').replaceChildren(...indexes.map(({ name, pictures }) =>
    element('option', { value: name, textContent: `${name} (${pictures.toLocaleString()})` })));
  $('index-pick').hidden = indexes.length < 2;
  if (indexes.length) {
    $('examples').replaceChildren(...EXAMPLES.map(text => {
      const button = element('button', { type: 'button', textContent: text });
      button.onclick = () => { $('words').value = text; changed(true); $('words').focus(); };
      return element('li', {}, button);
    }));
  } else {
    $('welcome').querySelector('h1').textContent = 'There is no index to search yet.';
    $('welcome').querySelector('p').textContent = 'Make one of a folder of pictures, and start the server with it:';
    $('examples').replaceChildren(element('li', {}, element('pre', { textContent: 'pureclip index photos --index photos.index\npureclip-server --model DIR --index photos.index' })));
  }
  generators = (await (await call('/v1/generators')).json()).data;
  $('draw-open').hidden = $('draw-hint').hidden = generators.length === 0;
  $('draw-style').append(...(generators[0]?.styles ?? []).map(style => element('option', { value: style, textContent: style })));
  $('draw-style').parentElement.hidden = !generators[0]?.styles.length;
  toggleDrawing(indexes.length === 0);
  drawConcepts();
  restore();
} catch (error) {
  say(error.message, true);
}
