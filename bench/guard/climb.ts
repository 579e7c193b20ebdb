/** An attacker who changes a text little by little and keeps what lowers its score. */

/** Words that weigh little: what is put around a request to make it look like another one. */
const fillers = [
  'please',
  'for my class',
  'in general terms',
  'as a summary',
  'for a recipe book',
  'thank you',
  'in the garden',
  'with my family',
  'at school',
  'for the holidays',
  'step by step',
  'in a short story',
  'the weather is nice today',
  'I am a teacher',
  'translate this',
  'a list of ideas',
]

interface Climb {
  /** The text that got past; null when none did. */
  readonly text: string | null
  readonly queries: number
}

/** Random changes of one text, those kept that do not raise the score; gives up after `queries` looks. */
export async function climb(
  text: string,
  {
    queries,
    seed,
    look,
  }: {
    readonly queries: number
    readonly seed: number
    readonly look: (text: string) => Promise<{ readonly blocked: boolean; readonly harm: number }>
  },
): Promise<Climb> {
  const random = generator(seed)
  let [best, lowest] = [text, Infinity]
  for (let query = 1; query <= queries; query++) {
    let candidate = changed(best, random)
    if (random() < 0.3) candidate = changed(candidate, random)
    const { blocked, harm } = await look(candidate)
    if (!blocked) return { text: candidate, queries: query }
    if (harm <= lowest) [best, lowest] = [candidate, harm]
  }
  return { text: null, queries }
}

/** One change that a reader would still understand: filler, a slip of the pen, another order, another case. */
function changed(text: string, random: () => number): string {
  const words = text.split(' ')
  const at = Math.floor(random() * words.length)
  const word = words[at] ?? ''
  const letter = 1 + Math.floor(random() * Math.max(1, word.length - 2))
  const dice = random()
  const filler = fillers[Math.floor(random() * fillers.length)] ?? ''
  if (dice < 0.4) words.splice(at, 0, filler)
  else if (dice < 0.55) words[at] = word.slice(0, letter) + word.slice(letter + 1)
  else if (dice < 0.7) words[at] = word.slice(0, letter) + (word[letter] ?? '') + word.slice(letter)
  else if (dice < 0.8) words[at] = `${word},`
  else if (dice < 0.9) words[at] = word === word.toLowerCase() ? word.toUpperCase() : word.toLowerCase()
  else [words[at], words[at + 1]] = [words[at + 1] ?? '', word]
  return words.join(' ').trim()
}

/** xorshift32: the same attacks each time. */
function generator(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
}
