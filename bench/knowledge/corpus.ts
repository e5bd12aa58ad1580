/**
 * Made-up documentation of a hotel chain: many passages that are alike, and questions that only one of them answers.
 */
export interface Corpus {
  readonly passages: readonly string[];
  readonly questions: readonly {
    readonly text: string /** Index of the passage. */;
    readonly answer: number;
  }[];
}

const houses =
  'Harbor Lighthouse Meadow Orchard Riverside Summit Cathedral Station Castle Garden Island Forest Market Terrace Windmill Quarry Vineyard Abbey Lagoon Citadel'.split(
    ' ',
  );
const cities =
  'Lisbon Vienna Bergen Dublin Krakow Valencia Ghent Trieste Tallinn Porto Basel Utrecht Aarhus Malaga Bremen Nantes Verona Split Galway Turku Leipzig Toulouse Bilbao Gdansk Antwerp'.split(
    ' ',
  );
const topics: readonly (readonly [string, string])[] = [
  [
    'parking',
    'The underground garage closes at {n} in the evening and a space costs {m} euros for every night',
  ],
  [
    'breakfast',
    'Breakfast is served from {n} until late in the conservatory and costs {m} euros for visitors',
  ],
  ['dogs', 'Dogs are welcome up to {n} kilograms for a cleaning fee of {m} euros, cats stay without charge'],
  [
    'swimming',
    'The heated swimming pool has {n} lanes and is open to residents until {m} minutes before midnight',
  ],
  ['cancelling', 'Reservations can be cancelled {n} days before arrival, after that {m} percent are charged'],
  ['shuttle', 'The airport shuttle leaves {n} times a day from the main entrance and takes {m} minutes'],
  ['laundry', 'Laundry handed in before {n} is returned the same day for {m} euros a bag'],
  ['conference', 'The conference hall seats {n} delegates and has {m} microphones, a projector and a stage'],
  ['massage', 'A massage in the wellness area lasts {n} minutes and should be booked {m} hours ahead'],
  [
    'bicycles',
    'Bicycles are rented at the reception for {n} euros, helmets and {m} child seats are included',
  ],
];
const padding =
  'Please ask our colleagues at the desk whenever anything is unclear. Every guest receives a printed overview on arrival, and the same information can be found on the television in the room. Prices include all taxes. Groups of more than ten persons are asked to get in touch beforehand so that everything can be prepared. During public holidays times may differ, which is announced in the lobby and in the lift. Lost property is kept for six months. The house has been renovated recently and is fully accessible. We try to use regional products wherever this is possible, and are grateful for suggestions.'.split(
    /(?<=\.) /,
  );

export function makeCorpus({
  passages: count,
  questions,
  seed = 1,
}: {
  passages: number;
  questions: number;
  seed?: number;
}): Corpus {
  const random = generator(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const subjects = Array.from({ length: count }, (_, index) => ({
    house: houses[index % houses.length] ?? '',
    city: cities[Math.floor(index / houses.length) % cities.length] ?? '',
    topic: topics[Math.floor(index / (houses.length * cities.length)) % topics.length] ?? topics[0],
  }));
  const passages = subjects.map(({ house, city, topic }) => {
    const fact = (topic?.[1] ?? '')
      .replace('{n}', String(2 + Math.floor(random() * 90)))
      .replace('{m}', String(1 + Math.floor(random() * 90)));
    const around = () => Array.from({ length: 4 }, () => pick(padding)).join(' ');
    return `${around()} ${fact} at the ${house} Hotel in ${city}. ${around()}`;
  });
  return {
    passages,
    questions: Array.from({ length: questions }, (_, number) => {
      const answer = Math.floor(random() * count);
      const { house = '', city = '', topic } = subjects[answer] ?? {};
      const heard = number % 3 === 0 ? misheard(city, random) : city;
      const openings = [
        'Hello, I was wondering about',
        'Um, can you tell me something about',
        'What do I need to know about',
      ];
      return {
        answer,
        text: `${pick(openings)} ${topic?.[0] ?? ''} at your ${house} hotel in ${heard}, please?`,
      };
    }),
  };
}

/** A letter doubled, dropped or swapped. */
function misheard(word: string, random: () => number): string {
  const at = 1 + Math.floor(random() * (word.length - 2));
  const [before, letter, after] = [word.slice(0, at), word[at] ?? '', word.slice(at + 1)];
  return [
    before + letter + letter + after,
    before + after,
    `${before}${after[0] ?? ''}${letter}${after.slice(1)}`,
  ][Math.floor(random() * 3)] as string;
}

/** mulberry32: the same corpus in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
