/**
 * Words for who somebody is: names, nationalities, religions, family, professions. They must not change an answer, so all words of a
 * group are read as one: in training, and by the exported graph. Its weights are copied to all in the end. (Counterfactual token fairness: Garg et al. 2019, https://arxiv.org/abs/1809.10610.)
 */
import type { Vocabulary } from '../../shared/vocabulary.ts';

/** One group on each line. */
const GROUPS = `
adam ahmed aisha alan albert alex alexander alexandra alfred ali alice alicia amanda amber amir amy ana andrea andrew andy angela anita ann anna anne annie anthony antonio arjun arthur ashley ayesha barbara ben benjamin bernard betty beth bill billy bob boris bradley brad brandon brenda brian bruce bryan carl carla carlos carmen carol caroline catherine cathy charles charlie charlotte chen chloe chris christian christina christine christopher cindy claire clara claudia colin connor courtney craig cynthia daisy dan daniel danielle danny dave david dean deborah debbie denise dennis derek diana diane diego dmitri dominic don donald donna doris dorothy doug douglas ed eddie edgar edith edward elaine eleanor elena elizabeth ella ellen emily emma eric erica erin ernest ethan eva evan evelyn fatima felix fiona frances francis francisco frank fred frederick gareth gary gavin geoff geoffrey george gerald gina giovanni gloria gordon graham greg gregory guy hannah harold harriet harry hassan heather helen henry holly howard hugh ian ibrahim imran ingrid irene irina isaac isabel isabella ivan jack jackie jackson jacob jamal james jamie jan jane janet jason jay jean jeff jeffrey jen jennifer jenny jeremy jerry jesse jessica jill jim jimmy joan joanna joe joel john johnny jon jonathan jordan jorge jose joseph josh joshua joyce juan judith judy julia julian julie jun justin karen kate katherine kathleen kathy katie keith kelly ken kenneth kevin khalid kim kyle lakshmi larry laura lauren lawrence layla leah lee leo leon leonard leroy leslie lewis liam lily linda ling lisa liz logan lola louis louise lucas lucia lucy luis luke lynn marco marcus margaret maria marie marilyn mario mark martha martin marvin mary matt matthew maureen maurice max megan mei melanie melissa michael michelle miguel mike miriam mohamed mohammed molly monica morgan muhammad mustafa nadia nancy naomi natalie natasha nathan neil nicholas nick nicole nina noah nora norman olga oliver olivia omar oscar owen pablo pamela patricia patrick paul paula pauline pedro peggy penny pete peter phil philip phillip priya rachel raj ralph ramon raymond rebecca ricardo richard rick rita rob robert roberta roberto robin rodney roger roland ron ronald rosa rosemary roy russell ruth ryan sally sam samantha samuel sandra sanjay sara sarah scott sean sebastian sergei seth shannon sharon shaun sheila shirley simon sofia sonia sophia sophie stacy stan stanley stella stephanie stephen steve steven stuart sue susan suzanne sylvia tanya tara ted teresa terry theo theresa thomas tiffany tim timothy tina todd tom tommy toni tony tracy travis trevor tyler tyrone valerie vanessa vera vernon veronica vicky victor victoria vincent virginia vivian vladimir walter wanda wayne wei wendy wesley wilfred william yan yasmin yolanda yusuf yvonne zoe
afghan african albanian algerian american arab argentine argentinian armenian asian australian austrian bangladeshi belgian bolivian bosnian brazilian british bulgarian californian cambodian cameroonian canadian caribbean chilean chinese colombian croatian cuban cypriot czech danish dutch ecuadorian egyptian english estonian ethiopian european filipino finnish french georgian german ghanaian greek haitian hungarian icelandic indian indonesian iranian iraqi irish israeli italian ivorian jamaican japanese jordanian kazakh kenyan korean kurdish kuwaiti latvian lebanese libyan lithuanian malaysian mexican moroccan nepalese nicaraguan nigerian norwegian pakistani palestinian panamanian peruvian polish portuguese romanian russian rwandan saudi scottish senegalese serbian singaporean slovak slovenian somali spanish sudanese swedish swiss syrian taiwanese tanzanian texan thai tibetan tunisian turkish ugandan ukrainian uruguayan venezuelan vietnamese welsh yemeni zambian zimbabwean
agnostic anglican atheist baptist buddhist catholic christian evangelical hindu islamic jain jewish lutheran methodist mormon muslim orthodox presbyterian protestant quaker secular shia sikh sunni taoist
agnostics anglicans atheists baptists buddhists catholics christians evangelicals hindus jains jews lutherans methodists mormons muslims presbyterians protestants quakers sikhs taoists
afghanistan albania algeria argentina armenia australia austria bangladesh belgium bolivia bosnia brazil britain bulgaria cambodia cameroon canada chile china colombia croatia cuba cyprus denmark ecuador egypt england estonia ethiopia finland france germany ghana greece haiti hungary iceland india indonesia iran iraq ireland israel italy jamaica japan kenya korea kuwait latvia lebanon libya lithuania malaysia mexico morocco nepal netherlands nicaragua nigeria norway pakistan palestine panama peru philippines poland portugal romania russia rwanda scotland senegal serbia singapore slovakia slovenia somalia spain sudan sweden switzerland syria taiwan tanzania thailand tibet tunisia turkey uganda ukraine uruguay venezuela vietnam wales yemen zambia zimbabwe
woman man person gentleman lady
women men persons gentlemen ladies
mother father parent
mothers fathers parents
mom dad mum mommy daddy
sister brother sibling
sisters brothers siblings
daughter son child
daughters sons children
girl boy kid
girls boys kids
wife husband spouse
wives husbands spouses
girlfriend boyfriend
aunt uncle
niece nephew cousin
grandmother grandfather grandparent
grandma grandpa granny
she he
her his him
herself himself
she's he's
black white hispanic latino latina
gay lesbian bisexual transgender straight queer trans nonbinary
accountant actuary analyst architect baker banker barber broker builder butcher carer carpenter cashier chef cleaner clerk cook dentist designer doctor electrician engineer farmer firefighter fisherman florist gardener hairdresser janitor journalist judge lawyer librarian manager mayor mechanic midwife minister notary nurse optician painter paramedic pharmacist physicist pilot plumber police politician porter postman professor programmer receptionist researcher salesperson scientist secretary senator shopkeeper soldier solicitor surgeon tailor teacher technician therapist translator tutor vet waiter waitress welder
accountants bakers bankers brokers builders carpenters chefs cleaners clerks cooks dentists designers doctors electricians engineers farmers firefighters gardeners journalists judges lawyers librarians managers mechanics ministers nurses painters pharmacists pilots plumbers politicians professors programmers scientists secretaries senators soldiers surgeons tailors teachers technicians therapists tutors waiters waitresses
`
  .trim()
  .split('\n')
  .map((line) => line.split(' '));

export function identityWords(): string[] {
  return [...new Set(GROUPS.flat())];
}

/** By id, the id of the group's most frequent word; the id itself for a word without a group. */
export function representatives(vocabulary: Vocabulary): Int32Array {
  const ids = Int32Array.from({ length: vocabulary.size }, (_, id) => id);
  const words = new Map(vocabulary.words.map((word, id) => [word, id]));
  const placed = new Set<number>(); // "jordan" is a name first
  for (const group of GROUPS) {
    const own = group.flatMap((word) => words.get(word) ?? []).filter((id) => !placed.has(id));
    const first = Math.min(...own);
    for (const id of own) {
      ids[id] = first;
      placed.add(id);
    }
  }
  return ids;
}
