"""Lines of what people paste: logs, tables, lists of terms, notes of a meeting; and whole short letters and role plays."""

LINES = {
    "log": (
        ("", "why does my service crash?\n", "Summarise this log:\n", "What is wrong here?\n"),
        (
            "{h}:{m} ERROR worker {p}: connection refused by db-{p}:5432, attempt {n}", "{h}:{m} INFO request {n} served in {p} ms", "{h}:{m} WARN disk usage at {p}%", "{h}:{m} FATAL process {n} killed (out of memory)",
            "Traceback (most recent call last): File \"app.py\", line {n}, in main", "TypeError: unsupported operand type(s) for +: 'int' and 'str'", "npm ERR! code ELIFECYCLE, exit status {p}", "{h}:{m} DEBUG cache miss for key user:{n}", "kernel: child {n} terminated by signal 9", "{h}:{m} INFO job {n} aborted: master node not reachable",
        ),
    ),
    "table": (
        ("", "Make a chart of this:\n", "Compute the totals.\n", "Turn this into JSON:\n", "Which row is the highest?\n"),
        ("{place},{month},{n},{p}%", "{food};{p};{n} kg", "| {job} | {place} | {n} |", "{month} {p}: {n} units of {food} sold in {place}", "{n}\t{food2}\t{p}.50", "{job}: {p} open positions, average wage {n}"),
    ),
    "list": (
        ("", "Sort alphabetically:\n", "Translate each line into French:\n", "Here are my notes, write a summary:\n", "Make this sound professional:\n"),
        (
            "- buy {number} kg of {food} and {food2}", "- call {person} on {day}", "- {day}: report for the {job} in {place}", "- book hotel in {place} for {month}", "- learn {language}, chapter {p}", "- pay the bill of {n} by {month} {number}",
            "- ask {person} about the trip to {place2}", "- practise {music} guitar for {number} minutes", "- discuss budget of {n} with the team", "- {person} will present results for {month}",
        ),
    ),
    "story": (
        ("", "Continue the story:\n", "Improve the style of this text:\n", "Translate into Portuguese:\n", "Write an ending for it.\n", "Create a prompt for an image of this scene:\n"),
        (
            "The {job} from {place} had never seen so much {food} in one place.", "In {month} the trains to {place2} were late again, and nobody minded.", "My {person} used to say that {food2} tastes best on a {day} evening.", "Captain {place} looked at the stars and asked how far it was to the next port.",
            "They danced to {music} until the lamps went out.", "She put the letter on the table, smiled, and went to feed the cat.", "The dragon laughed and offered tea to the tired knight.", "\"We should go,\" said the {job}, \"before it rains.\"", "At dawn the market opened, and the smell of bread filled the street.", "The final battle of the game was over; the heroes went home to {place}.",
        ),
    ),
}  # fmt: skip

NOTES = [
    "Dear Sir or Madam,\n\nI am writing about my order {n} from {month}. The {food} arrived on {day} but the box was damaged. Could you send a replacement or a refund?\n\nKind regards", "Hi team,\n\nplease find attached the report for {month}. Sales in {place} grew by {p}%, while {place2} stayed flat. Let's talk on {day}.\n\nBest\n\nMake this e-mail shorter.",
    "I want you to act as a {job}. I will describe a situation and you will reply as a {job} would. Do not write explanations. My first sentence is: \"I moved to {place} last {month}.\"", "You are an experienced {job} with {number} years of practice. Write a detailed guide for beginners, with headings, examples and a checklist. Use a friendly tone.", "As a prompt generator, create {number} detailed prompts for an image model: a {job} in {place} at sunset, {month} light, wide angle, soft colours, high detail.",
    "Write {number} product descriptions for a {food} shop in {place}. Each has a title, a slogan and three points. Keywords: fresh, local, {food2}.", "Given the following data, predict the next value and explain: {n}, {p}, {n}, {p}.", "Write a scene of a comedy in which a {job} and my {person} try to cook {food} for the mayor of {place}. Include stage directions.", "Imagine an alternate history in which {place} became the capital in 1850. Write a timeline with {number} events.",
    "Create a fantasy character: name, race, class, appearance, weapon, backstory in {number} sentences. She is a {job} from a village near {place}.", "Write an essay of {n} words about the influence of {music} music on culture in {place}, with references.", "I have {number2} dollars and {number} days. Plan a trip from {place} to {place2}, with prices, in a table.", "My {language} code throws an exception at line {n} when the list is empty. How do I guard against that?", "Give me the lyrics for a {music} song about {month} in {place}, two verses and a chorus.",
    "Explain the difference between a {job} and a {job} in law, and what each may do at work in {place}.", "hello", "hi, are you there?", "how are you today", "thanks a lot!", "who made you?", "what can you do", "tell me something interesting", "You: Hello! How can I help?\nMe: I need a recipe with {food}.\nYou: Of course.\nMe: with {food2} too", "Bonjour, pouvez-vous m'aider ?", "my card was charged twice on {day}, how do I get {n} back?",
    "I can't log in to my account since {day}, it says code {n}", "What's the exchange rate for {n} euros?", "Classify the sentiment of each review: 1. The {food} was cold. 2. Lovely staff! 3. The room in {place} was dirty and loud, never again.", "Is the following sentence correct English? \"He don't likes {food} since {month}.\"", "Given a list of tweets, tell which are about sports: \"what a match in {place}!\", \"{food} for lunch\", \"our striker shot twice and missed\".",
]  # fmt: skip
