// Draws people with and without single things (a hat, glasses, a beard, ...) by DiceBear and prints a JSON object a line: style, person, what
// the person has, the SVG. The same person with another option is the same drawing but for that option. Usage, where the packages are:
// node people.mjs > people.jsonl
import { createAvatar } from '@dicebear/core';
import * as styles from '@dicebear/collection';

const colours = {
  red: 'd62828', blue: '2b59c3', green: '2a9d4a', yellow: 'f4c430', orange: 'f28c28', purple: '7b3fa0', pink: 'f08ab5', black: '222222',
  white: 'f5f5f5', brown: '7a4a21', gray: '8a8a8a',
};
const hairColours = {
  black: '1c1c1c', brown: '6b3e1f', blond: 'e5c07b', red: 'b5412a', gray: '9a9a9a', blue: '3b6fd4', pink: 'e884b0', green: '4a9d5b',
};

let state = 12345;
const below = n => { state = Number((BigInt(state) * 1103515245n + 12345n) & 0x7fffffffn); return Math.floor(state / 65536) % n; };
const any = list => list[below(list.length)];
const range = (prefix, first, last) =>
  Array.from({ length: last - first + 1 }, (_, i) => prefix + String(first + i).padStart(2, '0'));
const without = (...names) => Object.fromEntries(names.map(name => [name + 'Probability', 0]));
const having = (name, value) => ({ [name + 'Probability']: 100, [name]: Array.isArray(value) ? value : [value] });
// A thing to have: its words, and the options that draw it (made anew for each person).
const thing = (words, options) => ({ words, options: typeof options === 'function' ? options : () => [[], options] });
const times = (n, ...things) => Array.from({ length: n }, () => things).flat();

// What each style can draw. bare: options of a person who has none of the things. Moods and hair are chosen once for a person.
const recipes = {
  pixelArt: {
    people: 260, bare: without('hat', 'glasses', 'accessories', 'beard'), coloursHair: true,
    moods: [[['smiling'], { mouth: range('happy', 1, 13) }], [['sad'], { mouth: range('sad', 1, 10) }]],
    hair: [[['short hair'], { hair: range('short', 1, 24) }], [['long hair'], { hair: range('long', 1, 21) }]],
    things: [
      ...times(6, thing(['hat'], () => {
        const colour = any(Object.keys(colours));
        return [[colour + ' hat'], { ...having('hat', any(range('variant', 1, 10))), hatColor: [colours[colour]] }];
      })),
      thing(['glasses'], () => [[], having('glasses', any(range('light', 1, 7)))]),
      thing(['sunglasses'], () => [[], having('glasses', any(range('dark', 1, 7)))]),
      thing(['beard'], () => [[], having('beard', any(range('variant', 1, 8)))]),
    ],
  },
  notionists: {
    people: 160, bare: { ...without('beard', 'glasses', 'gesture', 'bodyIcon'), hair: range('variant', 1, 63) },
    things: [
      ...times(4, thing(['cap', 'hat'], { hair: ['hat'] })),
      thing(['glasses'], () => [[], having('glasses', any(range('variant', 1, 11)))]),
      thing(['beard'], () => [[], having('beard', any(range('variant', 1, 12)))]),
      thing(['waving'], () => [[], having('gesture', any(['waveLongArms', 'waveLongArm', 'hand']))]),
      thing(['phone'], having('gesture', 'handPhone')),
      thing(['pointing'], () => [[], having('gesture', any(['point', 'pointLongArm']))]),
    ],
  },
  lorelei: {
    people: 150, bare: without('beard', 'glasses', 'earrings', 'freckles', 'hairAccessories'), coloursHair: true,
    moods: [[['smiling'], { mouth: range('happy', 1, 18) }], [['sad'], { mouth: range('sad', 1, 9) }]],
    things: [
      thing(['glasses'], () => [[], having('glasses', any(range('variant', 1, 5)))]),
      thing(['earrings'], () => [[], having('earrings', any(range('variant', 1, 3)))]),
      thing(['beard'], () => [[], having('beard', any(range('variant', 1, 2)))]),
      thing(['freckles'], having('freckles', 'variant01')),
      thing(['flowers in the hair', 'flower'], having('hairAccessories', 'flowers')),
    ],
  },
  personas: {
    people: 260, bare: { ...without('facialHair'), eyes: ['open', 'happy', 'sleep', 'wink'] }, coloursHair: true, clothes: 'clothingColor',
    moods: [[['smiling'], { mouth: ['smile', 'bigSmile', 'smirk'] }], [['sad'], { mouth: ['frown'] }], [['surprised'], { mouth: ['surprise'] }]],
    hair: [
      [['long hair'], { hair: ['long', 'extraLong'] }], [['short hair'], { hair: ['fade', 'buzzcut', 'shortCombover'] }],
      [['curly hair'], { hair: ['curly', 'curlyHighTop', 'curlyBun'] }], [['bald'], { hair: ['bald'] }], [['mohawk'], { hair: ['mohawk'] }],
      [['pigtails'], { hair: ['pigtails'] }], [['bun', 'hair bun'], { hair: ['straightBun', 'bunUndercut'] }],
    ],
    things: [
      ...times(3, thing(['cap', 'hat'], { hair: ['cap'] }), thing(['beanie', 'hat', 'winter hat'], { hair: ['beanie'] })),
      thing(['glasses'], { eyes: ['glasses'] }), thing(['sunglasses'], { eyes: ['sunglasses'] }),
      thing(['beard'], () => [[], having('facialHair', any(['beardMustache', 'pyramid']))]),
      thing(['mustache'], having('facialHair', 'walrus')), thing(['goatee', 'beard'], having('facialHair', 'goatee')),
      thing(['pacifier'], { mouth: ['pacifier'] }),
    ],
  },
  bigSmile: {
    people: 200, bare: without('accessories'), coloursHair: true,
    moods: [
      [['smiling', 'happy'], { mouth: ['openedSmile', 'teethSmile', 'gapSmile', 'kawaii'] }],
      [['sad'], { mouth: ['openSad'], eyes: ['sad'] }], [['angry'], { eyes: ['angry'], mouth: ['unimpressed'] }],
    ],
    hair: [
      [['short hair'], { hair: ['shortHair', 'bowlCutHair'] }], [['mohawk'], { hair: ['mohawk'] }], [['braids'], { hair: ['braids'] }],
      [['bald'], { hair: ['shavedHead'] }], [['curly hair'], { hair: ['curlyBob', 'curlyShortHair'] }],
      [['bun', 'hair bun'], { hair: ['bunHair', 'froBun'] }],
    ],
    things: [
      thing(['cat ears'], having('accessories', 'catEars')), thing(['glasses'], having('accessories', 'glasses')),
      thing(['sunglasses'], having('accessories', 'sunglasses')), ...times(2, thing(['mask', 'face mask'], having('accessories', 'faceMask'))),
      thing(['mustache'], having('accessories', 'mustache')), thing(['tiara'], having('accessories', 'sailormoonCrown')),
      thing(['sleep mask'], having('accessories', 'sleepMask')), thing(['clown nose'], having('accessories', 'clownNose')),
    ],
  },
  micah: {
    people: 200,
    bare: { ...without('earrings', 'facialHair', 'glasses'), hair: ['fonze', 'mrT', 'dougFunny', 'dannyPhantom', 'full', 'pixie'] },
    coloursHair: true, clothes: 'shirtColor',
    moods: [
      [['smiling'], { mouth: ['smile', 'laughing', 'smirk'] }], [['sad'], { mouth: ['sad', 'frown'] }],
      [['surprised'], { mouth: ['surprised'] }],
    ],
    things: [
      ...times(4, thing(['turban'], { hair: ['turban'] })),
      thing(['glasses'], () => [[], having('glasses', any(['round', 'square']))]), thing(['beard'], having('facialHair', 'beard')),
      thing(['earrings'], () => [[], having('earrings', any(['hoop', 'stud']))]), thing(['bald'], { hair: ['mrClean'] }),
    ],
  },
  adventurer: {
    people: 120, bare: without('earrings', 'features', 'glasses'), coloursHair: true,
    hair: [[['short hair'], { hair: range('short', 1, 19) }], [['long hair'], { hair: range('long', 1, 26) }]],
    things: [
      thing(['glasses'], () => [[], having('glasses', any(range('variant', 1, 5)))]),
      thing(['earrings'], () => [[], having('earrings', any(range('variant', 1, 6)))]), thing(['mustache'], having('features', 'mustache')),
      thing(['freckles'], having('features', 'freckles')), thing(['bald'], { hairProbability: 0 }),
    ],
  },
  toonHead: {
    people: 120, bare: without('beard'), coloursHair: true, clothes: 'clothesColor',
    moods: [
      [['smiling', 'happy'], { mouth: ['smile', 'laugh'] }], [['angry'], { mouth: ['angry'], eyebrows: ['angry'] }],
      [['sad'], { mouth: ['sad'], eyebrows: ['sad'] }], [['surprised'], { mouth: ['agape'] }],
    ],
    hair: [
      [['spiky hair'], { hair: ['spiky'], rearHairProbability: 0 }], [['bun', 'hair bun'], { hair: ['bun'], rearHairProbability: 0 }],
      [['long hair'], { rearHair: ['longStraight', 'longWavy'], rearHairProbability: 100 }],
    ],
    things: [
      thing(['beard'], () => [[], having('beard', any(['fullBeard', 'longBeard']))]), thing(['mustache'], having('beard', 'moustacheTwirl')),
      thing(['dress'], { clothes: ['dress'] }),
    ],
  },
  miniavs: {
    people: 70, bare: without('glasses', 'mustache'), coloursHair: true,
    hair: [
      [['ponytail'], { hair: ['ponyTail'] }], [['long hair'], { hair: ['long'] }], [['curly hair'], { hair: ['curly'] }],
      [['bald'], { hair: ['balndess'] }], [['short hair'], { hair: ['classic01', 'classic02', 'elvis', 'stylish'] }],
    ],
    things: [
      thing(['glasses'], having('glasses', 'normal')),
      thing(['mustache'], () => [[], having('mustache', any(['pencilThin', 'horshoe', 'freddy']))]),
    ],
  },
  croodles: {
    people: 50, bare: without('beard', 'mustache'),
    things: [
      thing(['beard'], () => [[], having('beard', any(range('variant', 1, 5)))]),
      thing(['mustache'], () => [[], having('mustache', any(range('variant', 1, 4)))]),
    ],
  },
};

function print(style, person, options, words) {
  const svg = createAvatar(styles[style], { seed: style + person, ...options }).toString();
  process.stdout.write(JSON.stringify({ style, person, words, svg }) + '\n');
}

const isOfHair = word => /hair|bald|mohawk|bun|pigtails|braids/.test(word), isOfMood = word => /smil|sad|surp|happy/.test(word);
for (const [style, recipe] of Object.entries(recipes))
  for (let person = 0; person < recipe.people; person++) {
    let options = { ...recipe.bare };
    const words = [];
    const add = ([more, choice]) => { words.push(...more); options = { ...options, ...choice }; };
    if (recipe.moods) add(any(recipe.moods));
    if (recipe.hair) add(any(recipe.hair));
    if (recipe.coloursHair && !words.includes('bald')) {
      const colour = any(Object.keys(hairColours));
      add([[colour + ' hair'], { hairColor: [hairColours[colour]] }]);
    }
    if (recipe.clothes) {
      const colour = any(Object.keys(colours));
      add([[colour + ' shirt'], { [recipe.clothes]: [colours[colour]] }]);
    }
    print(style, person, options, words);

    // With one thing after the other; what replaces the hair or the mouth takes their words away.
    const chosen = recipe.things.map(one => [below(1000), one]).sort((a, b) => a[0] - b[0]).slice(0, 6).map(([, one]) => {
      const [more, choice] = one.options();
      const kept = choice.hair || choice.hairProbability === 0 ? words.filter(word => !isOfHair(word))
        : choice.mouth ? words.filter(word => !isOfMood(word)) : words;
      print(style, person, { ...options, ...choice }, [...one.words, ...more, ...kept]);
      return { words: [...one.words, ...more], choice, kept };
    });
    // And with two that do not replace one another.
    const first = chosen[0], second = chosen.find(other => !Object.keys(other.choice).some(option => option in first.choice));
    if (second)
      print(style, person, { ...options, ...first.choice, ...second.choice },
        [...new Set([...first.words, ...second.words, ...first.kept.filter(word => second.kept.includes(word))])]);
  }

// Open Peeps, whose style is never trained on: to measure with.
const bareHeads = ['afro', 'bangs', 'bun', 'flatTop', 'long', 'medium1', 'mediumStraight', 'pomp', 'short1', 'short2', 'short4', 'shaved1'];
const faces = ['smile', 'calm', 'cute', 'serious', 'smileBig', 'solemn', 'driven', 'explaining'];
for (let person = 0; person < 150; person++) {
  const bare = { ...without('accessories', 'facialHair', 'mask'), head: [any(bareHeads)], face: [any(faces)] };
  print('openPeeps', person, bare, []);
  const things = {
    beanie: { head: ['hatBeanie'] }, hat: { head: ['hatHip'] }, turban: { head: ['turban'] }, hijab: { head: ['hijab'] },
    mask: having('mask', 'medicalMask'), respirator: having('mask', 'respirator'),
    glasses: having('accessories', any(['glasses', 'glasses2', 'glasses3', 'glasses4', 'glasses5'])),
    sunglasses: having('accessories', any(['sunglasses', 'sunglasses2'])), eyepatch: having('accessories', 'eyepatch'),
    beard: having('facialHair', any(['full', 'full2', 'full3', 'full4'])),
    mustache: having('facialHair', any(['moustache1', 'moustache2', 'moustache4', 'moustache5', 'moustache9'])),
  };
  for (const [word, options] of Object.entries(things))
    print('openPeeps', person, { ...bare, ...options }, [word]);
}
