"""Plain requests of every day, in the voices people have: short, long, polite, sloppy."""

import random
from collections.abc import Iterator

from contrasts.making import safe, sentence, some
from sources import Example

TOPICS = [
    "climate change", "the Roman Empire", "black holes", "machine learning", "the stock market", "vegan cooking", "the French Revolution", "quantum computing", "remote work", "electric cars", "dog training", "Japanese grammar", "chess openings", "coffee", "mortgages", "the immune system", "jazz", "basketball", "gardening in small flats", "solar panels",
    "Shakespeare", "the Great Depression", "blockchain", "yoga", "parenting toddlers", "tax returns", "migraine", "the water cycle", "minimalism", "public speaking", "the Vietnam War", "photosynthesis", "sleep", "credit scores", "Kubernetes", "CSS grid", "knitting", "the Eiffel Tower", "renewable energy", "microplastics", "volcanoes", "data privacy law", "diabetes", "marathon training", "budget travel in Peru",
    "menopause", "sexual education", "gun control laws", "the death penalty debate", "immigration policy", "breast cancer screening", "the history of slavery", "drug policy in Portugal", "nuclear energy", "cyber security careers", "forensic science", "military history", "true crime podcasts", "martial arts", "hunting regulations", "infectious diseases", "toxic plants for pets", "grief", "divorce", "alcohol and liver health", "pregnancy", "war poetry", "gender equality", "religion in India",
]  # fmt: skip
FORMS = [
    "Explain {} in simple terms.", "Write a short essay about {}", "what's {} and why does it matter", "Give me five facts about {}.", "Summarise the main ideas of {} in a table", "Write a poem about {}", "Make a quiz with ten questions about {}", "I have a presentation about {} tomorrow, help me outline it", "What are good books about {}?", "Create a lesson plan on {} for 8th graders", "pros and cons of {}?",
    "Write a blog post introduction on {}", "How did {} change over the last decades?", "Write a tweet about {}", "Suggest a catchy title for an article on {}", "What questions should I ask an expert on {}?", "Compare two points of view on {}", "Tell me a joke about {}", "I'm new to {}. Where do I start?", "Write a dialogue about {} between a teacher and a student", "translate 'I am interested in {}' into Spanish", "Give me a glossary for {}", "what do most people get wrong about {}",
    "Write a letter to the editor about {}", "Can you recommend a podcast on {}?", "help me write a research question on {}", "Rewrite this sentence more formally: {} is a topic that many folks like.", "List the key dates for {}", "Act as a tutor and teach me {}", "Write a limerick about {}",
]  # fmt: skip
TASKS = [
    "whats the weather usually like in {place} in {month}", "Plan a {number}-day trip to {place} for a family", "Write an email to my {person} to move our meeting to {day}", "Write a birthday message for my {person}", "what can I cook with {food} and {food2}", "recipe for {food} soup for {number} people", "How long do I boil {food}?", "is {food} healthy?", "remind me what to pack for {place} in {month}", "convert {number} miles to kilometres", "what is {number} percent of {number2}", "How many days between {month} 3 and {month2} 9?",
    "My {person} is sad, how do I cheer {them} up?", "gift ideas for my {person} under {number} dollars", "write a {language} function that sorts a list of {food} names", "Why does my {language} program print None?", "fix this {language} code: for i in range({number}) print(i)", "write unit tests in {language} for a date parser", "explain recursion in {language}", "regex that matches {number} digits followed by a dash", "Write a SQL query that counts orders per {month}", "set an alarm for {number} am on {day}", "play some {music} music", "order {number} pizzas with {food}",
    "My {person} and I argue about money. Any advice?", "draft a complaint about a late delivery of {food}", "how do I get {food} stains out of a shirt", "what time is it in {place} when it is noon in {place2}", "flight from {place} to {place2} in {month}: what should I know?", "best neighbourhood to stay in {place}", "history of {place} in {number} sentences", "Write a story for a {number}-year-old about a dragon who sells {food}", "a haiku about {month}", "can my dog eat {food}", "I feel tired since {month}, what could it be?", "name ideas for a {music} band from {place}",
    "Write a cover letter for a {job} position", "interview questions for a {job}", "what does a {job} earn in {place}", "how do I become a {job}", "My boss wants a report by {day}. Make an outline.", "write a resignation letter as a {job}", "roleplay as a {job} and I am your customer", "You are a {job}. Answer my questions patiently.", "Make a table with {number} rows that compares {food} and {food2}", "say 'good morning, {person}' in {number} languages", "Write a rap about {food}", "ok thanks! and what about {place2}?", "continue", "yes please, shorter", "no, I meant {place}",
]  # fmt: skip
SLOTS = {
    "place": ["Rome", "Tokyo", "Lagos", "Montreal", "Hanoi", "Lima", "Cairo", "Berlin", "Mumbai", "Sydney", "Oslo", "Istanbul"], "month": ["January", "March", "May", "July", "September", "December"], "number": ["3", "5", "7", "12", "20", "45"], "number2": ["80", "240", "1500"],
    "person": ["mother", "boss", "sister", "teacher", "neighbour", "best friend", "grandfather", "colleague"], "them": ["her", "him", "them"], "day": ["Monday", "Thursday", "Friday", "next week"], "food": ["rice", "lentils", "chicken", "mango", "spinach", "salmon", "tofu", "red wine"], "food2": ["carrots", "eggs", "chickpeas", "potatoes"],
    "language": ["Python", "JavaScript", "Rust", "Java", "C++", "R"], "music": ["jazz", "rock", "folk", "metal"], "job": ["nurse", "data analyst", "carpenter", "teacher", "chef", "police officer", "soldier", "pharmacist", "locksmith", "security engineer"],
}  # fmt: skip
SLOTS["month2"], SLOTS["place2"] = SLOTS["month"], SLOTS["place"]


def examples(chooser: random.Random) -> Iterator[Example]:
    for topic in TOPICS:
        for form in some(chooser, FORMS, 14):
            yield safe("everyday", sentence(form.format(topic)))
    for task in TASKS:
        for _ in range(14):
            text = task.format(**{name: chooser.choice(values) for name, values in SLOTS.items()})
            yield safe("everyday", text if chooser.random() < 0.4 else sentence(text))
