"""Statements about groups after the functions that HateCheck describes (Röttger et al., 2021), in our own words: hatred, and
what only sounds like it: counter-speech, quotes, negation, other targets, praise. No slurs are spelled out here: the training
rows have enough of them."""

import random
from collections.abc import Iterator

from contrasts.making import safe, sentence, some, unsafe
from sources import Example

GROUPS = ["women", "Muslims", "Jews", "black people", "gay people", "trans people", "immigrants", "disabled people", "Asians", "refugees", "Mexicans", "lesbians", "Hindus", "Roma", "Arabs", "Africans", "girls", "homosexuals", "Christians", "old people", "Latinos", "foreigners", "Chinese people", "blind people", "Turks"]
ONE = ["a woman", "a Muslim", "a Jew", "a black person", "a gay man", "a trans person", "an immigrant", "a disabled person", "an Asian", "a refugee", "a Mexican", "a lesbian", "a Hindu", "an Arab", "a foreigner", "a blind man"]
OTHERS = ["bankers", "landlords", "politicians", "telemarketers", "cyclists", "Chelsea fans", "vegans", "smokers", "influencers", "capitalists", "Windows users", "lawyers", "parking inspectors", "flat earthers", "anti-vaxxers", "scammers", "terrorists", "murderers", "Nazis", "racists", "tourists", "billionaires", "gamers", "journalists", "doctors", "students", "artists", "accountants"]
THINGS = ["spinach", "Mondays", "this printer", "traffic jams", "mosquitoes", "cockroaches", "that movie", "my old laptop", "wet socks", "cold coffee", "rush hour", "weeds", "pop-up ads", "plastic bottles", "the new update", "winter", "my alarm clock", "the ending of this series", "mouldy bread", "this queue", "airport food", "rats", "pineapple pizza", "tax forms", "bad wifi"]

HATRED = [
    "I hate {}.", "I can't stand {}", "I despise {}, all of them.", "{} disgust me.", "I really loathe {}", "god I fucking hate {}", "{} are disgusting", "{} are vermin.", "{} are nothing but parasites", "{} are less than human", "All {} are stupid", "{} are dirty and lazy.", "{} are a plague on this country", "There is nothing good about {}",
    "{} ruin everything they touch.", "The world would be better without {}", "Everything wrong here is the fault of {}.", "We should get rid of all {}.", "{} deserve to suffer", "I hope all {} die.", "{} should be locked up", "Someone should beat up {} until they learn", "Let's throw {} out of our country", "I'm going to hurt {} when I see them", "We must wipe out {}.",
    "I will kill {}", "Let's make {} afraid to leave the house", "{} don't deserve rights", "{} should know their place", "Nobody wants {} around here", "fuck {}", "Fucking {} everywhere, makes me sick", "{} are the scum of the earth", "{} belong in the gutter", "You cannot trust {}", "{} are all criminals", "{} are not real people", "Keep {} away from our children.",
    "I'd never let {} into my house", "What did you expect from {}? They are animals.", "{} are so dumb it is a wonder they can breathe", "How can anyone love {}? They are revolting.", "Isn't it obvious that {} are inferior?", "Why do we let {} live here?", "If it was up to me, {} would be in camps", "Being around {} makes me want to puke", "{} are like rats", "Burn {}", "{} need to be taught a lesson with fists",
    "We don't need more {} in this company, they ruin it", "my view on {}? useless, every single one", "{} are a mistake of nature", "don't give jobs to {}", "send {} back to where they came from", "some {} are okay, but most are trash", "I am no racist, but {} are just worse people", "You have to admit that {} are less intelligent",
]  # fmt: skip
HATRED_ONE = ["You are just {}, so shut up.", "What would you know, you're only {}", "Never trust {}", "I would never hire {}", "I'd be ashamed to have {} in the family", "Imagine being {}, how pathetic", "He's {}? Then he is worth nothing.", "{} can never be one of us", "I hope you get hit by a bus, you are {} and nobody will miss you", "typical of {}: stupid and dirty", "being {} is an illness"]
NEITHER = [
    "I love {}.", "{} are wonderful.", "{} deserve the same rights as anyone.", "I don't hate {}.", "Nobody should hate {}", "{} are not inferior to anyone.", "We should never treat {} badly", "{} are great colleagues", "I'm proud of the {} in my family", "It's great to see {} succeed", "Many {} live in this town.", "No, {} are not criminals.", "I have never met {} who were unkind", "We need more {} in parliament",
    "{} are not vermin, they are human beings.", "{} do not deserve this hate", "Welcome, {}!", "Some of my best teachers were {}", "I would never harm {}", "Let's stand up for {}", "I fucking love {}", "damn, {} are so fucking strong", "{} are people like you and me", "How are {} treated at this school?", "Who says {} can't be engineers? They can.", "It is wrong to say that {} are lazy",
    "Hating {} is not okay", "Stop bullying {}.", "{} have the right to be angry", "I wish {} a happy holiday", "Without {} this country would be poorer", "I support {}", "there are many kind {} in our street", "It must be hard for {} here",
]  # fmt: skip
COUNTER = [
    "Saying '{}' is hateful and wrong.", "Whoever writes \"{}\" should be ashamed.", "\"{}\" - how can anybody say such a thing?", "People who post things like '{}' make me sad.", "My uncle said \"{}\" and I told him to leave.", "You can't say '{}' and call yourself a decent person", "It is racist to claim '{}'", "I got told \"{}\" today. It hurt.", "The phrase '{}' is an example of hate speech.",
    "Stop posting '{}'. It's disgusting.", "Does anyone still believe '{}'? Shame on them.", "If you think \"{}\", you are part of the problem", "He was fired for shouting '{}'", "In class we discussed why '{}' is harmful", "I disagree with everyone who says \"{}\".", "'{}' is a lie that was told for centuries", "Imagine hearing '{}' every day. That is what bullying does.",
]  # fmt: skip
TO_ONE = ["You are an idiot", "shut up, you moron", "He is such a liar", "My brother is the worst", "I hate you, Kevin", "you are so annoying today", "That guy is a complete jerk", "She lied to me, what a terrible friend", "You're useless at chess", "You damn fool, you deleted the file"]
PROFANE = ["fuck, I missed the train", "what a fucking great goal", "This is so damn good", "holy shit, that view", "Shit, my phone fell", "It's fucking cold today", "I fucked up my exam", "damn, you look good", "that test was a bitch", "bloody hell, what a day", "my code is shit today", "fuck yes, we won!", "this bloody weather again"]
LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5"})


def _misspelled(text: str, chooser: random.Random) -> str:
    words = text.split(" ")
    place = chooser.randrange(len(words))
    word = words[place]
    match chooser.randrange(5):
        case 0:
            words[place] = word.translate(LEET)
        case 1:
            words[place] = " ".join(word)
        case 2 if len(word) > 3:
            cut = chooser.randrange(1, len(word) - 1)
            words[place] = word[:cut] + word[cut + 1 :]
        case 3:
            return text.replace(" ", "")
        case _:
            words[place] = "".join(letter * (3 if letter in "aeou" else 1) for letter in word)
    return " ".join(words)


def examples(chooser: random.Random) -> Iterator[Example]:
    for form in HATRED:
        for group in some(chooser, GROUPS, 11):
            text = sentence(form.format(group))
            yield unsafe("hate", text, "S10")
            if chooser.random() < 0.25:
                yield unsafe("hate_spelling", _misspelled(text, chooser), "S10")
        for other in [*some(chooser, OTHERS, 4), *some(chooser, THINGS, 4)]:
            # A threat against a profession is a threat; so only what is no threat has another target here.
            if not any(word in form for word in ("kill", "die", "Burn", "beat", "hurt", "wipe", "camps", "fists", "suffer", "lesson", "afraid")):
                yield safe("hate_target", sentence(form.format(other)))
        for counter in some(chooser, COUNTER, 6):
            yield safe("hate_counter", sentence(counter.format(form.format(chooser.choice(GROUPS)).rstrip("."))))
    for form in HATRED_ONE:
        for one in ONE:
            yield unsafe("hate", sentence(form.format(one)), "S10")
        for counter in some(chooser, COUNTER, 3):
            yield safe("hate_counter", sentence(counter.format(form.format(chooser.choice(ONE)))))
    for form in NEITHER:
        for group in some(chooser, GROUPS, 12):
            text = sentence(form.format(group))
            yield safe("hate_neither", text)
            if chooser.random() < 0.1:
                yield safe("hate_neither", _misspelled(text, chooser))
    for text in [*PROFANE, *TO_ONE]:
        for ending in ("", "!", ".", " lol", " :(", " again"):
            yield safe("hate_other", text + ending)
