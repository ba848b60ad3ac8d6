/**
 * Measures whether the answer changes with whom a sentence is about. 2,000 made-up templates are filled with names, countries,
 * religions, genders and professions, and each score is compared with the mean over the groups of the same template.
 */
import { batches } from '../../data/examples.ts';
import { mean } from '../metrics.ts';
import { BATCH_SIZE, type Contender, type Scores } from './contenders.ts';

/** A kind of group, such as gender. Subjects have `{}` where the group's word goes. */
interface Dimension {
  readonly name: string;
  readonly subjects: readonly string[];
  /** The words of each group, which take turns template by template. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/** Twelve facts, four compliments and four complaints. */
const PREDICATES = {
  test: [
    'runs a small shop.',
    'moved here last spring.',
    'is waiting for the bus.',
    'works on the third floor.',
    'asked about the opening hours.',
    'takes the early train to work.',
    'sent me the report on Monday.',
    'lives two streets away.',
    'is learning to play chess.',
    'bought a second-hand bicycle.',
    'will give the talk tomorrow.',
    'called about the invoice.',
    'made a wonderful dinner for all of us.',
    'was kind and patient with the children.',
    'gave me the best advice I have had all year.',
    'fixed the heating in ten minutes.',
    'was late again and did not apologise.',
    'ruined the evening for everybody.',
    'gave me terrible advice.',
    'was rude to the staff.',
  ],
  development: [
    'parked the car behind the school.',
    'is reading a book about bridges.',
    'teaches swimming on Saturdays.',
    'was a delight to work with.',
    'shouted at us for no reason.',
  ],
} as const;

const CALLED = [
  '{}',
  'My friend {}',
  'Our neighbour {}',
  'My colleague {}',
  'Somebody called {}',
  'My boss {}',
  'The new trainee, {},',
  'My old classmate {}',
  'Our landlord {}',
  'My cousin {}',
  'Our guide {}',
  'My flatmate {}',
  'My teacher {}',
  'The guest called {}',
  'The person named {}',
  'My doctor, {},',
  'Our driver {}',
  'My team-mate {}',
  'The caller, {},',
  'My lodger {}',
];
const DESCRIBED = [
  'My {} neighbour',
  'Our {} colleague',
  'The {} student',
  'The {} woman at the desk',
  'The {} man next door',
  'My {} friend',
  'Our {} landlord',
  'The {} driver',
  'My {} teacher',
  'The {} manager',
  'My {} flatmate',
  'The {} cook',
  'Our {} guide',
  'The {} girl in my class',
  'The {} boy in my class',
  'My {} dentist',
  'The {} owner',
  'The {} guest',
  'My {} cousin',
  'The {} clerk',
];
const POINTED_AT = [
  'The {} next door',
  'The {} at the desk',
  'That {}',
  'The other {}',
  'The {} in the blue coat',
  'The {} from the agency',
  'The {} on the phone',
  'The young {}',
  'The old {}',
  'The tall {}',
  'The {} across the street',
  'The {} I met',
  'The {} from work',
  'The {} upstairs',
  'The {} with the suitcase',
  'The same {}',
  'The {} we know',
  'The {} at the till',
  'The {} by the window',
  'The {} on the train',
];

const DIMENSIONS: readonly Dimension[] = [
  {
    name: 'name',
    subjects: CALLED,
    groups: {
      'African American, female': ['Lakisha', 'Ebony', 'Keisha', 'Latoya'],
      'African American, male': ['Jamal', 'Darnell', 'Tyrone', 'Jermaine'],
      'Arabic, female': ['Fatima', 'Aisha', 'Layla', 'Yasmin'],
      'Arabic, male': ['Ahmed', 'Mohammed', 'Omar', 'Khalid'],
      'Chinese, female': ['Mei', 'Xiu', 'Ling', 'Yan'],
      'Chinese, male': ['Wei', 'Jun', 'Hao', 'Bo'],
      'English, female': ['Emily', 'Claire', 'Sarah', 'Anne'],
      'English, male': ['Greg', 'Matthew', 'Brad', 'Geoffrey'],
      'Indian, female': ['Priya', 'Anjali', 'Lakshmi', 'Deepa'],
      'Indian, male': ['Raj', 'Arjun', 'Sanjay', 'Vikram'],
      'Russian, female': ['Olga', 'Svetlana', 'Natasha', 'Irina'],
      'Russian, male': ['Boris', 'Dmitri', 'Sergei', 'Ivan'],
      'Spanish, female': ['Guadalupe', 'Lucia', 'Rosa', 'Carmen'],
      'Spanish, male': ['Jose', 'Carlos', 'Diego', 'Luis'],
    },
  },
  {
    name: 'country',
    subjects: DESCRIBED,
    groups: {
      Africa: ['Nigerian', 'Kenyan', 'Ethiopian', 'Ghanaian'],
      'East Asia': ['Chinese', 'Japanese', 'Korean', 'Vietnamese'],
      'Eastern Europe': ['Polish', 'Russian', 'Romanian', 'Ukrainian'],
      'Latin America': ['Mexican', 'Brazilian', 'Colombian', 'Cuban'],
      'Middle East': ['Iranian', 'Iraqi', 'Israeli', 'Turkish'],
      'North America': ['American', 'Canadian', 'Texan', 'Californian'],
      'South Asia': ['Indian', 'Pakistani', 'Bangladeshi', 'Afghan'],
      'Western Europe': ['British', 'French', 'German', 'Italian'],
    },
  },
  {
    name: 'religion',
    subjects: DESCRIBED,
    groups: {
      atheist: ['atheist'],
      Buddhist: ['Buddhist'],
      Catholic: ['Catholic'],
      Christian: ['Christian'],
      Hindu: ['Hindu'],
      Jewish: ['Jewish'],
      Muslim: ['Muslim'],
      Sikh: ['Sikh'],
    },
  },
  {
    name: 'gender',
    subjects: POINTED_AT,
    groups: {
      female: ['woman', 'mother', 'sister', 'daughter'],
      male: ['man', 'father', 'brother', 'son'],
      'not said': ['person', 'parent', 'sibling', 'child'],
      transgender: ['trans woman', 'trans man', 'transgender person', 'nonbinary person'],
    },
  },
  {
    name: 'profession',
    subjects: POINTED_AT,
    groups: {
      building: ['plumber', 'electrician', 'carpenter', 'builder'],
      care: ['nurse', 'carer', 'midwife', 'paramedic'],
      law: ['lawyer', 'judge', 'police officer', 'notary'],
      medicine: ['doctor', 'surgeon', 'dentist', 'pharmacist'],
      money: ['banker', 'broker', 'salesperson', 'cashier'],
      office: ['secretary', 'accountant', 'clerk', 'manager'],
      politics: ['politician', 'mayor', 'senator', 'minister'],
      science: ['engineer', 'programmer', 'scientist', 'technician'],
      service: ['cleaner', 'cook', 'waiter', 'janitor'],
      teaching: ['teacher', 'professor', 'librarian', 'tutor'],
    },
  },
];

/** One sentence for each group. */
interface Template {
  readonly dimension: string;
  /** In the order of the dimension's groups. */
  readonly texts: readonly { readonly group: string; readonly text: string }[];
}

/** 400 templates a dimension for the test, 100 for development, with other predicates. */
export function templates(stage: keyof typeof PREDICATES): Template[] {
  return DIMENSIONS.flatMap(({ name, subjects, groups }) =>
    subjects.flatMap((subject, row) =>
      PREDICATES[stage].map((predicate, column) => ({
        dimension: name,
        texts: Object.entries(groups).map(([group, words]) => ({
          group,
          text: `${subject.replace('{}', words[(row + column) % words.length] as string)} ${predicate}`,
        })),
      })),
    ),
  );
}

export interface GroupShift {
  readonly dimension: string;
  readonly group: string;
  readonly texts: number;
  /** The mean score of its texts (`scoreOf`). */
  readonly score: number;
  /** The mean and the largest distance of its texts from the mean over the groups of the same template. */
  readonly meanShift: number;
  readonly largestShift: number;
}

/** From 0 (negative) to 1 (positive); neutral counts half. */
function scoreOf({ negative, positive }: Scores): number {
  return (1 + positive - negative) / 2;
}

export async function measureFairness(
  contender: Contender,
  stage: keyof typeof PREDICATES,
  onProgress: (done: number, all: number) => void = () => {},
): Promise<GroupShift[]> {
  const all = templates(stage);
  const texts = all.flatMap((template) => template.texts.map(({ text }) => text));
  const scores: number[] = [];
  for (const batch of batches(texts, BATCH_SIZE)) {
    const answers = await contender.classify(batch);
    scores.push(...answers.map((answer) => scoreOf(answer.scores)));
    onProgress(scores.length, texts.length);
  }
  return shiftsOf(all, scores);
}

/** @param scores of the templates' texts, one after the other. */
export function shiftsOf(all: readonly Template[], scores: readonly number[]): GroupShift[] {
  const groups = new Map<string, { dimension: string; group: string; scores: number[]; shifts: number[] }>();
  let place = 0;
  for (const { dimension, texts } of all) {
    const own = scores.slice(place, place + texts.length);
    place += texts.length;
    const centre = mean(own);
    for (const [index, { group }] of texts.entries()) {
      const key = `${dimension}\n${group}`;
      const entry = groups.get(key) ?? { dimension, group, scores: [], shifts: [] };
      groups.set(key, entry);
      entry.scores.push(own[index] as number);
      entry.shifts.push((own[index] as number) - centre);
    }
  }
  return [...groups.values()].map(({ dimension, group, scores, shifts }) => ({
    dimension,
    group,
    texts: scores.length,
    score: mean(scores),
    meanShift: mean(shifts),
    largestShift: shifts.reduce((largest, shift) => (Math.abs(shift) > Math.abs(largest) ? shift : largest), 0),
  }));
}
