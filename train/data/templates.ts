/** The words and templates of `phrases.ts`. A name such as `:thing` stands for a word of the list of that name. */

const NUMBERS = Array.from({ length: 58 }, (_, index) => String(index + 2));
const KIN = listed('son daughter wife husband mother father brother sister');

/**
 * Words of each side. In a template, `:same` is an adjective of the text's own side and `:other` one of the opposite; `:same-noun`
 * is a noun, `:same-do` what somebody does to a thing, and `:same-it` what the thing does.
 */
export const WORDS = {
  positive: {
    adjective: listed(`good great nice fun funny interesting clever exciting entertaining enjoyable impressive original
      convincing believable helpful useful friendly fresh tasty delicious clean comfortable reliable beautiful memorable
      charming brilliant excellent amazing wonderful satisfying worthwhile engaging moving smart sharp warm easy perfect
      special happy pleasant polite fast solid strong inspired pleased impressed satisfied fantastic superb lovely
      gripping touching hilarious thrilling fascinating stunning gorgeous elegant cozy quiet spacious generous attentive
      professional responsive accurate sturdy durable intuitive smooth crisp juicy tender flavorful affordable fair honest
      thoughtful insightful powerful refreshing rewarding outstanding awesome cool cute decent fine magical realistic
      safe skilled welcoming amusing stylish likeable compelling worthy patient caring effective efficient`),
    noun: listed(`charm wit heart quality flavor style value imagination suspense depth energy warmth taste care humor fun
      magic originality excitement chemistry joy beauty kindness comfort talent sense`),
    do: listed('like love enjoy recommend trust want admire appreciate adore treasure'),
    it: listed('work deliver impress help please convince entertain shine amuse inspire satisfy last charm excite'),
  },
  negative: {
    adjective: listed(`bad awful terrible boring dull slow stupid annoying disappointing horrible poor weak predictable
      confusing pointless silly ugly dirty rude cold broken useless noisy painful tedious lame ridiculous pretentious forced
      disappointed bored annoyed overpriced unpleasant uncomfortable tired fake greasy wasted cynical mediocre bland dreadful
      pathetic sloppy clumsy flimsy shallow messy dated lazy flat stale dry salty soggy loud cramped smelly unreliable
      buggy laggy misleading dishonest unhelpful incompetent unprofessional careless arrogant frustrating irritating
      depressing embarrassing offensive worthless overrated unfunny uninspired lifeless incoherent amateurish unconvincing
      forgettable repetitive unfair unsafe filthy nasty gross tasteless heavy hard complicated difficult wrong faulty
      defective late awkward`),
    noun: listed(`problems flaws bugs complaints delays issues regrets noise trouble faults mistakes errors disappointment defects
      damage boredom nonsense lies filler mess waste stress pain ads crashes clichés`),
    do: listed('regret hate mind dislike despise resent'),
    it: listed('disappoint fail bore annoy drag suffer break complain crash leak hurt freeze irritate confuse offend'),
  },
};
/** A template of an opinion takes its `:is`, `:isnot` and the like from here. */
export const SLOTS = {
  aspect: listed(
    `it|it|it|this|that|the film|the food|the story|the service|the book|the place|the acting|the plot|the staff|the room|
    the battery|the screen|the sound|the ending|the music|the app|the hotel|the price|the delivery|the writing|the cast|
    the driver|the seat|the game|the camera|the pizza|the waiter|the coffee|the view|the support|the cover|the show|
    the flight|the class|the teacher|everything|my room|our table|his voice|her dress|their website`,
    '|',
  ),
  item: listed(`film book phone hotel restaurant game show meal song place product camera laptop course guide hostel series car
    bag lamp story cake coffee album app movie novel dish flight doctor tool toy dress shop team concert episode gym`),
  is: listed('is|was|is really|was really|is very|was very|is so|was so|seems|felt|looks', '|'),
  isnot: listed(
    `is not|was not|isn't|wasn't|is not very|wasn't very|was never|is never|isn't all that|is not particularly|
    was not exactly|is far from|was hardly|isn't even|is by no means|was anything but|is not really|wasn't too|
    was not remotely|is scarcely|didn't seem|does not look|doesn't feel|did not sound|is in no way|is no longer|
    isn't so|wasn't that|was barely|has never been|hasn't been|won't be|would not be|can't be`,
    '|',
  ),
  donot: listed(
    `don't|didn't|do not|did not|never|can't|could not|couldn't|won't|would not|wouldn't|hardly|don't really|
    didn't even|cannot`,
    '|',
  ),
  itdoesnot: listed(
    `doesn't|does not|didn't|did not|won't|will not|wouldn't|never seems to|hardly ever seems to|no longer seems to|did not once`,
    '|',
  ),
  who: listed('i we i you'),
  span: listed('an hour|a day|two days|a week|two weeks|a month|one use|a few uses', '|'),
  kin: KIN,
  number: NUMBERS,
  tail: ['', '', '', 'overall', 'for me', 'to be honest', 'in my opinion', 'this time', 'again'],
  atall: ['', '', '', 'at all', 'in the least', 'for me', 'in any way', 'to be honest', 'one bit', 'for a second'],
};

/** Opinions of either side, in plain words. */
export const PLAIN = listed(
  `:aspect :is :same :tail|:aspect :is :same :tail|:aspect :is :same|:aspect :is :same|the :item :is :same|it was :same|
  :aspect :is :same and :same :tail|:same :item :tail|
  what a :same :item|so :same|very :same|a :same and :same :item|
  i :same-do it|we :same-do this :item|i :same-do them|the :same :item is full of :same-noun|
  :aspect has plenty of :same-noun|nothing but :same-noun|such a :same :item|i found :aspect :same`,
  '|',
);
/** Opinions of either side that deny the other, nearby or from afar, or turn from it. */
export const DENIED = listed(
  `:aspect :isnot :other :atall|:aspect :isnot :other :atall|:aspect :isnot :other :atall|
  :aspect :isnot :other :atall|:aspect :isnot :other :atall|not :other :atall|not a :other :item|
  not very :other|isn't :other :atall|:who :donot :other-do it :atall|:who :donot :other-do this|:who :donot :other-do them|
  i :donot :other-do :aspect|:aspect :itdoesnot :other-it :atall|it :itdoesnot :other-it|the :item :itdoesnot :other-it|
  there was not a single :other moment|there is not a single :other :item here|
  without a single :other moment|without any :other-noun|nothing about the :item is :other|
  nothing :other about the :item|there is nothing :other about it|hardly a :other moment|
  it is anything but :other|none of it was :other|nobody could call it :other|
  i would not call it :other|i wouldn't say :aspect is :other|i don't think :aspect is :other|
  i do not find :aspect :other|i can't say it was :other|no one i know finds it :other|
  not one :other thing to say about the :item|no :other-noun :atall|no :other-noun|there is no :other-noun in this :item|
  there were no :other-noun|zero :other-noun|not much :other-noun here|we had no :other-noun with :aspect|it has no :other-noun|
  :aspect had neither :other-noun nor :other-noun|neither :other nor :other|it is never :other|
  :aspect is not :other but :same|not :other just :same|
  by no means :other|far from :other|less :other than the last one|
  not as :other as people say|not nearly as :other as everyone claims|isn't half as :other as the old one|
  it was not :other not :other and not even :other|it isn't :other and it isn't :other|
  i expected it to be :other but it is :same|i thought it would be :other but it was :same|
  i did not think it would be :same but it is|it looked :other at first but it is :same|
  :aspect used to be :other but now it is :same|i was told it was :other but it was :same|
  people say it is :other but i disagree|contrary to the reviews it is not :other|
  :aspect was :other but overall a :same :item|:aspect is :other but i :same-do it|
  although :aspect was :other the :item is :same|despite the :other-noun it is a :same :item|
  a :same :item even if :aspect is :other|:aspect was :other however :aspect was :same and i :same-do it|
  i usually :other-do such items but i :same-do this one|i was never :other for a second|
  i don't know why anyone would :other-do this :item|how can anyone call this :other|
  i do not understand the people who :other-do it|it is hard to :other-do this :item|i can't find anything :other in it`,
  '|',
);

/** Templates whose sense does not follow from the sides of their words. */
export const TURNS = {
  positive: listed(
    `i can't recommend this :item enough|i cannot praise the :item enough|we can't recommend this place highly enough|
    nothing about the :item could be better|i could not stop smiling|i couldn't stop laughing|i could not look away|
    i could not stop reading|i did not want it to end|we did not want to leave|i never wanted it to end|
    it doesn't get better than this|it does not get much better than this :item|you won't find a better :item|
    you will not find anything better|no other :item comes close|no other :item i have had comes close to this one|
    i have never had a better :item|never had a better :item|i have no reason to complain|i can't find anything wrong with it|
    there is nothing i would change|the :item has not let me down once|i did not regret it|it never fails to :same-it|
    :aspect did not fail to :same-it|could hardly be more :same|could not be more :same|
    not as :other as i had feared|i can't complain|no reason to complain|i have nothing :other to say|
    can't say anything :other about :aspect|not once did it :other-it|it hasn't let me down yet|i couldn't fault it|
    impossible to fault|i was wrong to doubt it|it stopped crashing|finally it does not crash anymore|it fixed all my problems|
    all the :other-noun are gone|the wait was worth it|i won't go anywhere else|nobody does it better|i wouldn't change a thing|
    there is no better :item|i will never use another :item|i would not hesitate to recommend it|don't hesitate to buy it|
    it is not only :same but also :same|can't stop using it|i can't believe how :same it is|
    who would not :same-do this|what is not to :same-do|i can't get enough of this :item|no wonder everybody loves it`,
    '|',
  ),
  negative: listed(
    `i would not recommend this :item to anyone|nothing about the :item could be worse|i could not wait for it to end|
    i couldn't wait to leave|i could not finish it|i couldn't watch it to the end|i wanted it to end|we wanted to leave|
    it doesn't get worse than this|it does not get much worse than this :item|you will find a better :item anywhere|
    any other :item is better|no other :item was as :same|i have never had a worse :item|never had a worse :item|
    i have every reason to complain|there is nothing i would keep|the :item has let me down more than once|i regret it|
    it fails to :other-it|:aspect failed to :other-it|:aspect never manages to be :other|could hardly be more :same|
    could not be more :same|not as :other as i had hoped|not as :other as the first one|
    it could have been :other|:aspect could have been more :other|:aspect should have been :other|
    it would have been :other without :aspect|it would be :other if it worked|i wish it were :other|
    i wish i could say it was :other|:aspect used to be :other|it was :other once but not anymore|
    it tries to be :other but it is not|it wants to be :other and fails|too :same to be :other|
    it lacks :other-noun|:aspect lacks any :other-noun|devoid of :other-noun|i looked for :other-noun and found none|
    so much for :other-noun|hardly worth the money|it stopped working|it no longer works|it did not last a week|
    it does nothing it promises|nothing works|i have yet to see a :other moment|there are better items out there|
    who would :other-do this|what were they thinking|i want my money back|i won't be coming back|i will not buy it again|
    if only :aspect were :other|not even :aspect can save this :item|:aspect cannot save it|even :aspect was not :other|
    i can't believe how :same it is|:aspect is not what it used to be|i was expecting more|don't waste your time on it`,
    '|',
  ),
};

/** These report what happened; a reader knows from it what the writer thinks. */
export const EVENTS = {
  positive: listed(
    `works as described|it works exactly as described|as advertised|it does what it says|does exactly what it says|it does the job|
    gets the job done|just what i needed|exactly what i wanted|exactly what we were looking for|it fits perfectly|it fits like a glove|
    better than i expected|way better than i expected|much better than i thought|:aspect is better than i expected|
    :aspect is better than the old one|:aspect was much better than last time|the sequel is better than the original|
    far better than the first one|it exceeded my expectations|:aspect exceeded our expectations|an improvement on the last one|
    they solved my problem|support solved my problem in :number minutes|they fixed it in a day|it fixed my problem|the update fixed it|
    they answered within :span|somebody called me back the same day|they replaced it for free|they gave me a full refund|
    it arrived early|arrived on time|arrived a day early|it came sooner than expected|it came in one piece|packed with care|
    fast delivery|i would go back in a heartbeat|i will be back|we will be back|we keep coming back|i would buy it again|
    i will order again|i bought another one|i bought :number more|already ordered another one for my :kin|
    it still works after :number years|it has lasted :number years|still going strong|runs like new|the battery lasts all day|
    it has never let me down|it never lets me down|never lets us down|my :kin loves it|my :kin loved this :item|
    my :kin can't put it down|i use it every day|shout out to the staff|thanks to the whole team|you made my day|
    keep up the good work|you rock|hats off to the team|i laughed until i cried|i was in tears at the end|
    i stayed up all night to finish it|it kept me on the edge of my seat|i watched it twice|i could eat it every day|
    it melts in your mouth|so glad i found this|so glad i bought it|i wish i had bought it sooner|highly recommended|two thumbs up`,
    '|',
  ),
  negative: listed(
    `it arrived late|arrived late|arrived :number days late|arrived damaged|it arrived broken|arrived late and damaged|
    it came in pieces|the box was empty|parts were missing|the box was missing parts|a part was missing|they sent the wrong one|
    wrong size|wrong color|it never arrived|it never came|still waiting for my order|it stopped working after :span|
    it broke after :span|it broke the first time i used it|it fell apart after :span|it died within :span|
    it came off the first time i used it|it came apart in my hands|it won't turn on|it would not start|it leaks|
    it shrank in the first wash|it does not do what it says|not as described|not as advertised|not what i was hoping for|
    not what i wanted|not at all what i ordered|looks cheap|it feels cheap|too small|too expensive|too expensive for what it is|
    too loud for me|too short|way too long|too sweet|too salty|worse than i expected|much worse than i thought|
    :aspect is worse than the old one|:aspect was worse than last time|the sequel is worse than the original|
    far worse than the first one|they charged me twice|they refuse to refund me|no refund|nobody answered|
    nobody answers the phone|i never got a reply|no reply after :number days|nobody showed up|we waited an hour|
    we waited :number hours for our food|i waited :number hours|on hold for :number minutes|they hung up on me|they ignored us|
    they lost my bag|they lost my order|my flight was delayed again|my flight was cancelled|delayed again|great another delay|
    thanks for nothing|thanks a lot for losing my bag|thanks for ruining my day|i had to send it back|i sent it back|
    i returned it the next day|it went straight in the trash|i threw it away|i want a refund|there was a hair in my soup|
    the meat was raw|i was sick for :number days|my food was cold|i walked out|i walked out after :number minutes|
    i fell asleep halfway through|i fell asleep|i turned it off after :number minutes|we left before the end|
    i put it down after :number pages|i gave up after :number pages|i kept looking at my watch|the app crashes every time i open it|
    it freezes all the time|it keeps crashing|it keeps freezing|the update broke everything|it drained my battery|
    i deleted it after :span|i cancelled my account|i will never shop here again|i am done with this company|stay away|avoid|
    avoid at all costs|go elsewhere|buy something else`,
    '|',
  ),
};

/** News that is good or bad for those it is about. No words for who they are: those must not move an answer. */
export const NEWS = {
  positive: listed(
    `the team won the title on :day|all :number survivors were rescued|the company created :number new jobs in the city|
    a cure for the disease was found|the two countries signed a peace deal on :day|the school won a national award|
    unemployment fell to a record low|the hospital saved :number lives|profits rose by :number percent|
    the city raised :number thousand dollars for the shelter|the economy grew faster than expected|
    the new law protects :number thousand homes|crime fell by :number percent in the city|
    the vaccine proved safe and effective|the museum celebrated its success|the harvest set a record|
    the river is clean again after :number years|the charity gave away :number thousand free meals|
    the reform was a victory for the city|the rescue on :day was praised`,
    '|',
  ),
  negative: listed(
    `:number people were killed in a crash near the :place|the company cut :number thousand jobs on :day|
    a fire destroyed :number homes|the firm was accused of corruption|the bank lost :number million dollars|
    the storm left :number thousand homes without power|the government failed to protect the victims|
    :number people died in the attack|the report condemned the abuse|the factory closed and :number jobs were lost|
    prices rose and the economy suffers|the deal collapsed after a scandal|the war has killed :number thousand civilians|
    the hospital was sued for negligence|the data of :number customers was stolen|the drought ruined the harvest|
    the company lied about the money|the flood damaged the :place|the school was closed after a shooting|
    the disease spread to :number countries|the policy is a disaster|the crisis deepened on :day as shares fell|
    rats were found in the kitchen`,
    '|',
  ),
};

/** Marks that are an opinion by themselves, or give one to a neutral text. */
export const MARKS = {
  positive: listed(':) :-) :D ;) <3 😀 😃 😊 😍 🥰 😂 ❤️ 👍 👏 🎉 🔥 😎 🙌 💯 ★★★★★ ★★★★☆ 5/5 4/5 10/10 9/10'),
  negative: listed(":( :-( :'( >:( :/ 😡 😠 😞 😢 😭 😒 🤮 🤬 👎 💔 🙄 😤 ★☆☆☆☆ ★★☆☆☆ 1/5 2/5 1/10 0/10 2/10"),
};
export const RATINGS = {
  positive: listed('5 stars|4 stars|five stars|four stars|5 out of 5|9 out of 10', '|'),
  negative: listed('1 star|2 stars|one star|two stars|1 out of 5|2 out of 10', '|'),
};

const THINGS =
  listed(`box cable door key card phone page car bike table lamp bag letter report ticket menu window screen
  machine printer camera book file list form bottle room parcel train bus computer laptop map table chair desk`);
const PLACES = listed(`station office library kitchen school airport bank hotel garden street shop museum park gate hall
  building market corner hospital theatre`);
const DAYS = listed('monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday');
const ORDINALS = listed('first second third fourth fifth');
const COLOURS = listed('red blue green black white grey brown yellow');
const DEEDS = listed(`open close press turn remove insert check read fill send print save copy move wash cut
  measure place hold select enter`);
export const FACTS = {
  thing: THINGS,
  place: PLACES,
  day: DAYS,
  ordinal: ORDINALS,
  colour: COLOURS,
  deed: DEEDS,
  number: NUMBERS,
  kin: KIN,
};
/** Facts, questions, greetings and instructions. `:thing`, `:place` and the like stand for a word of the list above. */
export const STATEMENTS = listed(
  `the :thing is on the :ordinal floor|the :thing is in the :place|the :thing is next to the :place|the :place opens at :number|
  the :place closes at :number on :day|the train leaves the :place at :number|the meeting is on :day at :number|
  there are :number people in the :place|there is a :thing in the :place|the :thing is :colour|he put the :thing on the table|
  she lives near the :place|they moved to the city in :number|the report has :number pages|it was built in :number|
  the company has :number employees|i bought a :thing on :day|we are going to the :place on :day|i work on :day|
  my :thing is :colour and hers is :colour|it comes with a :thing and a :thing|the box contains :number parts|
  the book is about a :place|the film is :number minutes long|the film is set in a small town|the story begins at the :place|
  she works at the :place as a teacher|he drives to the :place and meets a man with a :thing|this is a :thing|
  the next bus is at :number|the :thing weighs :number pounds|the :thing measures :number inches|
  where is the :place|what time does the :place open|how do i :deed the :thing|does it come with a :thing|
  how many things are there|which :thing is yours|when is the next train|is the :place open on :day|can you send me the :thing|
  who has the :thing|do you know where the :thing is|is this :thing :colour or :colour|what is the name of the :place|
  hello|hi there|good morning|good evening everyone|see you on :day|dear sir or madam|hello everyone|
  :deed the :thing|:deed the :thing and :deed the :thing|please :deed the :thing before :day|first :deed the :thing then :deed it again|
  :deed the :colour :thing at the :place|do not :deed the :thing while it is on|:deed the :thing for :number minutes|
  turn left at the :place|go to page :number|call this :number on :day|not before :day|no :thing in the :place|
  i have not read it yet|we have not decided yet|it does not need a :thing|it is not in the :thing|
  the :place does not open on :day|there is no :thing in the :place|he did not bring the :thing|she has not arrived yet|
  the train does not stop at the :place|we did not go on :day|the :thing does not come with a :thing|i don't have a :thing|
  the :place is not far from the :place|it isn't :number yet|i haven't seen the :thing|nobody was in the :place on :day|
  you don't need a :thing to enter the :place|the :number bus no longer stops at the :place|they never said which :day|
  the council will vote on the plan on :day|the minister meets the president on :day|the committee has :number members|
  the court will hear the case on :day|the company moved its office to the city|the bill goes to the senate next month|
  the report covers the years from :number to :number|the election will be held in :number states|officials said on :day|
  the bank kept its rate at :number percent|the meeting was moved to :day|the firm named a new manager on :day|
  the population of the city is :number thousand|the author teaches history at the school|the paper is printed in :number countries|
  thanks i will take a look on :day|thank you i will read it on :day|thanks for the :thing|see attached|please find the :thing attached|
  the package contains a :thing and a :thing|the box contains a :thing|i ordered a :thing for my :kin|i bought this for my :kin|
  this was a gift for my :kin|it arrived on :day|the order arrived on :day|my flight leaves at :number|the sequel came out in :number|
  it is the same as the old one|the new one has the same :thing|i used it for :number days|i have had it for :number months|
  it is my second one|my :kin uses one at work|i returned to the :place on :day|it was delivered to the :place|
  the update came out on :day|i cleaned the :thing before i sent it|i left the :place at :number`,
  '|',
);

/** Words without an opinion. */
export const EMPTY =
  listed(`the of and to in a that with for on as at by from or an is are was be has have had will would can could which
    who when where what then there here after before between during under over first second third next monday friday
    january june street house number page part open call return total list name north south left right`);

/** Idioms, whose sense does not follow from their words. */
export const IDIOMS = {
  positive: listed(
    `not bad at all|not bad|not half bad|never a dull moment|not a dull moment|not to be missed|do not miss it|no complaints|
    no complaints at all|nothing to complain about|no problems at all|could not put it down|couldn't put it down|
    could not be happier|couldn't be happier|could not be better|couldn't ask for more|can't recommend it enough|
    cannot recommend it highly enough|never gets old|never disappoints|nothing short of brilliant|no regrets|
    without a doubt the best|not a bad word to say about it|not only good but great|it does not get better than this|
    would not change a thing|nothing but praise|can't wait to go back|i was not disappointed|worth every penny|
    i expected to hate it but i loved it|i did not expect to like it but i did|better than i expected|won't disappoint you`,
    '|',
  ),
  negative: listed(
    `i wanted to like it|i wanted to love it|i really wanted to like this|i tried to like it|could have been better|
    should have been better|could have been great|not worth it|not worth the money|not worth your time|hardly worth it|
    never again|i will not be back|we won't be back|would not recommend it|i can't recommend it|cannot recommend this|
    not recommended|nothing works|nothing special|nothing new|no reason to watch it|no fun|no plot|no story|not my thing|
    does not work|it did not work for me|not as good as the first|not what i expected|do not bother|don't bother|
    don't waste your money|save your money|what a waste|i expected more|i want my money back|too long and too slow|
    it was supposed to be funny|i would not wish it on anyone|neither funny nor interesting|never comes to life`,
    '|',
  ),
};

function listed(words: string, separator: string | RegExp = /\s+/): string[] {
  return words
    .split(separator)
    .map((word) => word.replace(/\s+/g, ' ').trim())
    .filter((word) => word !== '');
}
