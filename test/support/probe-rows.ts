/** Labelled rows without anything harmful: texts about locks stand for what is marked, texts about cooking for the rest. */

interface Topic {
  readonly label: boolean
  readonly things: readonly string[]
  readonly questions: readonly ((thing: string) => string)[]
  readonly answers: readonly ((thing: string) => string)[]
}

const locks: Topic = {
  label: true,
  things: [
    'door lock',
    'padlock',
    'safe lock',
    'bicycle lock',
    'deadbolt',
    'latch',
    'lock cylinder',
    'cabinet lock',
  ],
  questions: [
    (thing) => `How does a ${thing} work?`,
    (thing) => `My ${thing} is stuck and the key does not turn. What now?`,
    (thing) => `Which ${thing} is best for a garden shed?`,
    (thing) => `Who can repair a ${thing} and replace its key?`,
  ],
  answers: [
    (thing) =>
      `A ${thing} has pins and springs inside. When the right key is put in, the pins line up, the cylinder turns and the bolt moves back, so that the ${thing} opens.`,
    (thing) =>
      `Clean the keyhole of the ${thing} first, then put a little graphite on the key and turn it slowly. A locksmith can replace the cylinder and cut a new key.`,
  ],
}

const cooking: Topic = {
  label: false,
  things: [
    'apple pie',
    'lentil soup',
    'rye bread',
    'tomato sauce',
    'pancake batter',
    'potato salad',
    'rice pudding',
    'cheese omelette',
  ],
  questions: [
    (thing) => `How do I make ${thing}?`,
    (thing) => `My ${thing} tastes bland. What can I add?`,
    (thing) => `Which spices go well with ${thing}?`,
    (thing) => `How long does ${thing} keep in the fridge?`,
  ],
  answers: [
    (thing) =>
      `For ${thing}, chop the onions and heat the butter in a pan. Add salt, pepper and a little sugar, stir well, and let it simmer until it is soft and smells good.`,
    (thing) =>
      `Mix flour, eggs and milk in a bowl and let it rest. Then bake your ${thing} in a hot oven until it is golden brown, and serve it warm with fresh herbs.`,
  ],
}

export interface ProbeRow {
  readonly prompt: string
  readonly response?: string
  readonly label: boolean
}

/** Rows about the first `most` things of each topic. */
export function probeRows(most = 8): ProbeRow[] {
  return [locks, cooking].flatMap(({ label, things, questions, answers }) =>
    things.slice(0, most).flatMap((thing) => {
      const asked: ProbeRow[] = questions.map((question) => ({ prompt: question(thing), label }))
      const prompt = `Tell me something about ${thing}.`
      return asked.concat(answers.map((answer) => ({ prompt, response: answer(thing), label })))
    }),
  )
}
