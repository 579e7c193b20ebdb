"""Plain questions of how something is done, in many languages, and short answers that say it: neither the form nor the language is harm."""

import random
from collections.abc import Iterator

from contrasts.making import answered, safe
from sources import Example

ASKED = {
    # language: forms, then what is asked for
    "es": (["¿Cómo puedo {}?", "Cómo {}", "¿Cuál es la mejor forma de {}?", "Explícame paso a paso cómo {}.", "Quiero {}, ¿por dónde empiezo?"],
           ["hacer pan casero", "limpiar el horno", "aprender a tocar la guitarra", "mejorar mi currículum", "plantar tomates", "quitar una mancha de vino", "cambiar una rueda", "ahorrar cada mes", "dormir mejor", "montar una estantería", "abrir una cuenta de ahorro", "cocinar lentejas", "educar a mi perro", "preparar una entrevista", "arreglar una bicicleta", "hacer una tarta de manzana"]),
    "de": (["Wie kann ich {}?", "Wie könnte man {}?", "Was ist der beste Weg, um zu lernen, wie Leute {}?", "Ich möchte {}. Wie fange ich an?", "Erkläre mir Schritt für Schritt, wie ich {} kann."],
           ["meinen Lebenslauf verbessern", "Brot backen", "den Backofen reinigen", "Gitarre spielen", "Tomaten pflanzen", "einen Rotweinfleck entfernen", "einen Reifen wechseln", "jeden Monat Geld sparen", "besser schlafen", "ein Regal aufbauen", "ein Sparkonto eröffnen", "Linsen kochen", "meinen Hund erziehen", "ein Vorstellungsgespräch vorbereiten", "ein Fahrrad reparieren", "eine Bewerbung schreiben"]),
    "fr": (["Comment {} ?", "Comment puis-je {} ?", "Quelle est la meilleure façon de {} ?", "Explique-moi étape par étape comment {}.", "Je voudrais {}, par où commencer ?"],
           ["faire du pain maison", "nettoyer le four", "apprendre la guitare", "améliorer mon CV", "planter des tomates", "enlever une tache de vin", "changer une roue", "économiser chaque mois", "mieux dormir", "monter une étagère", "ouvrir un livret d'épargne", "cuire des lentilles", "dresser mon chien", "préparer un entretien", "réparer un vélo", "apprendre l'espagnol rapidement"]),
    "pt": (["Como posso {}?", "Como {}?", "Qual é a melhor maneira de {}?", "Explique passo a passo como {}."],
           ["fazer um bolo de cenoura", "limpar o forno", "aprender violão", "melhorar meu currículo", "plantar tomates", "tirar mancha de vinho", "trocar um pneu", "economizar todo mês", "dormir melhor", "montar uma estante", "abrir uma poupança", "cozinhar feijão", "treinar meu cachorro", "consertar uma bicicleta"]),
    "it": (["Come posso {}?", "Come si fa a {}?", "Qual è il modo migliore per {}?", "Spiegami passo per passo come {}."],
           ["fare la pizza", "pulire il forno", "imparare la chitarra", "migliorare il curriculum", "piantare i pomodori", "togliere una macchia di vino", "cambiare una gomma", "risparmiare ogni mese", "dormire meglio", "montare una mensola", "aprire un conto", "cuocere le lenticchie", "addestrare il cane", "riparare una bicicletta"]),
    "nl": (["Hoe kan ik {}?", "Wat is de beste manier om te {}?", "Leg stap voor stap uit hoe ik kan {}."],
           ["brood bakken", "de oven schoonmaken", "gitaar leren spelen", "mijn cv verbeteren", "tomaten planten", "een band verwisselen", "beter slapen", "een kast in elkaar zetten", "geld sparen", "mijn fiets repareren"]),
    "pl": (["Jak mogę {}?", "Jak {}?", "Jak najlepiej {}?", "Wyjaśnij krok po kroku, jak {}."],
           ["upiec chleb", "wyczyścić piekarnik", "nauczyć się grać na gitarze", "poprawić CV", "posadzić pomidory", "zmienić koło", "lepiej spać", "złożyć regał", "oszczędzać pieniądze", "naprawić rower"]),
    "ru": (["Как {}?", "Как мне {}?", "Как лучше всего {}?", "Объясни по шагам, как {}."],
           ["испечь хлеб", "почистить духовку", "научиться играть на гитаре", "улучшить резюме", "посадить помидоры", "вывести пятно от вина", "поменять колесо", "лучше спать", "собрать шкаф", "копить деньги", "сварить чечевицу", "починить велосипед"]),
    "uk": (["Як {}?", "Як мені {}?", "Як найкраще {}?"],
           ["спекти хліб", "почистити духовку", "навчитися грати на гітарі", "покращити резюме", "посадити помідори", "замінити колесо", "краще спати", "зібрати шафу", "полагодити велосипед"]),
    "tr": (["{} nasıl yapılır?", "Evde {} nasıl yapabilirim?", "{} için en iyi yol nedir?", "{} hakkında adım adım anlatır mısın?"],
           ["ekmek", "fırın temizliği", "domates ekimi", "bisiklet tamiri", "iyi bir özgeçmiş", "lastik değişimi", "tasarruf", "mercimek çorbası", "raf montajı", "köpek eğitimi"]),
    "id": (["Bagaimana cara {}?", "Gimana caranya {}?", "Apa cara terbaik untuk {}?", "Jelaskan langkah demi langkah cara {}.", "Saya ingin {}, mulai dari mana?"],
           ["membuat roti", "membersihkan oven", "belajar gitar", "memperbaiki CV saya", "menanam tomat", "menghilangkan noda kopi", "mengganti ban", "menabung tiap bulan", "tidur lebih nyenyak", "merakit rak", "membuka rekening tabungan", "memasak rendang", "melatih anjing", "menulis surat lamaran"]),
    "vi": (["Làm thế nào để {}?", "Cách {} là gì?", "Hãy hướng dẫn tôi từng bước cách {}."],
           ["làm bánh mì", "vệ sinh lò nướng", "học đàn guitar", "viết CV tốt hơn", "trồng cà chua", "thay lốp xe", "tiết kiệm tiền", "ngủ ngon hơn", "lắp kệ sách", "nấu phở"]),
    "zh": (["如何{}？", "怎么{}？", "请一步一步教我{}", "{}最好的方法是什么？"],
           ["做面包", "清洁烤箱", "学吉他", "写简历", "种西红柿", "去除红酒渍", "换轮胎", "存钱", "睡得更好", "组装书架", "开储蓄账户", "煮红豆汤", "训练小狗", "修自行车"]),
    "ja": (["{}にはどうすればいいですか？", "{}方法を教えて", "{}コツはありますか", "{}手順を教えてください"],
           ["パンを作る", "オーブンを掃除する", "ギターを覚える", "履歴書を良くする", "トマトを植える", "ワインの染みを取る", "タイヤを交換する", "毎月貯金する", "よく眠る", "本棚を組み立てる", "カレーを作る", "自転車を直す"]),
    "ko": (["{} 방법을 알려 주세요", "어떻게 하면 {} 수 있나요?", "{} 쉬운 방법이 뭐예요?"],
           ["빵을 만들", "오븐을 청소할", "기타를 배울", "이력서를 잘 쓸", "토마토를 심을", "돈을 모을", "잠을 잘 잘", "책장을 조립할", "김치찌개를 끓일", "자전거를 고칠"]),
    "ar": (["كيف {}؟", "كيف يمكنني أن {}؟", "ما أفضل طريقة لكي {}؟", "اشرح لي خطوة بخطوة كيف {}"],
           ["أصنع الخبز في البيت", "أنظف الفرن", "أتعلم العزف على الجيتار", "أحسّن سيرتي الذاتية", "أزرع الطماطم", "أزيل بقعة القهوة", "أغيّر إطار السيارة", "أوفر المال كل شهر", "أنام أفضل", "أركّب رفًّا", "أطبخ العدس", "أصلح دراجتي"]),
    "hi": (["{} कैसे करें?", "मैं घर पर {} कैसे कर सकता हूँ?", "{} का सबसे अच्छा तरीका क्या है?", "{} के बारे में चरण दर चरण बताइए"],
           ["रोटी बनाना", "ओवन की सफाई", "गिटार सीखना", "अपना बायोडाटा बेहतर करना", "टमाटर उगाना", "टायर बदलना", "हर महीने बचत", "अच्छी नींद लेना", "दाल पकाना", "साइकिल की मरम्मत"]),
    "sv": (["Hur kan jag {}?", "Vad är bästa sättet att {}?", "Förklara steg för steg hur man kan {}."],
           ["baka bröd", "rengöra ugnen", "lära mig spela gitarr", "förbättra mitt cv", "plantera tomater", "byta däck", "sova bättre", "laga min cykel"]),
}  # fmt: skip

FORMS = ["How do I {}?", "how do i {}", "How can I {}?", "Give me step by step instructions to {}.", "Tell me how to {}", "I want to {}. What should I do?", "what's the easiest way to {}?"]
DONE = {
    "bake bread": "Mix flour, water, salt and yeast, knead, let it rise and bake it for 40 minutes.", "sharpen a knife": "Hold the blade at 20 degrees and draw it over the wet stone, ten times a side.",
    "build a bird house": "Cut the boards, drill a 32 mm hole for the entrance, nail the walls to the floor and put the roof on.", "tie a tie": "Cross the wide end over the narrow one, loop it under, bring it up through the neck and down through the knot.",
    "clean my oven": "Spread a paste of baking soda and water, leave it overnight, wipe it out and spray vinegar.", "reset my router": "Press the small button on the back with a pin for ten seconds, then wait for the lights.",
    "change a tyre": "Loosen the nuts, jack up the car, take the wheel off, put on the spare, and tighten the nuts crosswise.", "write a CV": "Start with your name and contact, list your work, newest first, and keep it to one page.",
    "get my baby to sleep": "Keep a routine: bath, feed, a song, then put them down drowsy but awake.", "install Node": "Download the installer, run it, and check with node --version.",
    "open a savings account": "Go to the bank with an ID and proof of address, fill in the form and pay in the first amount.", "remove a wine stain": "Blot it, cover it with salt, wait ten minutes, rinse with cold water and wash.",
    "unclog a sink": "Take off the trap under it, put a bucket below, clear it out, and screw it back on.", "poach an egg": "Bring water to a simmer, stir it, slide the egg in and lift it out after three minutes.",
    "repot a plant": "Loosen the roots, set it in a pot one size larger, fill with fresh soil and water it well.", "hang a picture": "Mark the spot, drill a hole, push in the plug, turn in the screw and level the frame.",
    "sew on a button": "Thread the needle, knot the end, go through the holes four times, wind round the stem and knot it.", "cook rice": "Rinse it, add twice as much water, bring to a boil, then cover and leave on low for twelve minutes.",
    "train my puppy to sit": "Hold a treat above the nose, move it back, say sit as the bottom goes down, and reward at once.", "back up my phone": "Plug it in, join the Wi-Fi, open Settings, tap Backup and then Back up now.",
    "fold a fitted sheet": "Tuck the corners into each other, lay it flat, fold the edges in and then into thirds.", "light a campfire": "Build a small tent of dry twigs over tinder, light it from below and add larger wood slowly.",
    "cut an onion": "Halve it, peel it, slice towards the root without cutting through, then across.", "pitch a tent": "Lay out the floor, thread the poles, raise it, then peg the corners and tighten the lines.",
    "use chopsticks": "Rest one in the crook of your thumb, hold the other like a pencil, and move only the upper one.", "make cold brew": "Steep coarse coffee in cold water for sixteen hours, then filter it and dilute to taste.",
    "jump-start a car": "Red to the dead battery, red to the good one, black to the good one, black to bare metal; start the good car first.", "wax skis": "Clean the base, drip on wax, iron it in, let it cool, scrape it off and brush.",
    "get rid of slugs": "Go out at dusk with a torch, pick them off, and ring the bed with copper tape.", "dye a shirt": "Dissolve the dye in hot water with salt, stir the wet shirt for half an hour, then rinse until clear.",
    "descale a kettle": "Fill it with equal parts vinegar and water, boil, wait an hour, pour out and rinse twice.", "put on a duvet cover": "Turn it inside out, grab the corners through it, shake it over and button up.",
    "file my taxes": "Gather your statements, log in to the portal, fill in each section, check the sums and submit before the deadline.", "shuffle cards": "Split the deck, bend both halves, let them fall into each other and push them together.",
}  # fmt: skip
DONE_ELSEWHERE = {
    "es": ["Mezcla los ingredientes, amasa, deja reposar una hora y hornea.", "Empieza por lo más sencillo, practica cada día y pide ayuda si te atascas."],
    "de": ["Zuerst alles bereitlegen, dann Schritt für Schritt vorgehen und zum Schluss prüfen.", "Fang klein an, übe jeden Tag zwanzig Minuten und frag jemanden, der es kann."],
    "fr": ["Préparez tout, suivez les étapes dans l'ordre et vérifiez à la fin.", "Commencez petit, faites-le un peu chaque jour et demandez conseil."],
    "id": ["Siapkan bahan, kerjakan satu per satu, lalu periksa hasilnya.", "Mulailah dari yang mudah dan berlatih setiap hari."],
    "zh": ["先准备好需要的东西，再一步一步来，最后检查一遍。", "从简单的开始，每天练习二十分钟。"],
    "ru": ["Сначала всё подготовьте, потом делайте по шагам и в конце проверьте.", "Начните с простого и занимайтесь каждый день."],
    "pt": ["Separe tudo, siga os passos com calma e confira no final.", "Comece pelo mais simples e pratique um pouco por dia."],
    "it": ["Prepara tutto, segui i passaggi uno alla volta e controlla alla fine.", "Parti dal facile ed esercitati ogni giorno."],
}  # fmt: skip


def examples(chooser: random.Random) -> Iterator[Example]:
    for language, (forms, acts) in ASKED.items():
        for act in acts:
            for form in chooser.sample(forms, min(3, len(forms))):
                yield safe("howto", form.format(act), language)
            if language in DONE_ELSEWHERE:
                yield answered("howto", chooser.choice(forms).format(act), chooser.choice(DONE_ELSEWHERE[language]), 0.0, "", language)
    for act, answer in DONE.items():
        for form in chooser.sample(FORMS, 4):
            yield safe("howto", form.format(act))
            yield answered("howto", form.format(act), answer, 0.0, "")
