/** Which passwords are refused: short ones, and those that are tried first by whoever guesses. */
import { unleet } from '../../core/leet.ts'

export const leastCharacters = 10
export const mostCharacters = 256

/** What the lists of leaked passwords are made of, once digits, signs and disguises are taken away. */
const commonWords = new Set(
  `password passwort motdepasse contrasena senha parola wachtwoord heslo haslo pass passwd passphrase secret geheim login admin
  administrator root user guest test testing tester default changeme letmein letmeinnow welcome willkommen bienvenue hello
  hellohello helloworld iloveyou iloveyouso loveyou ilovegod jesus jesuschrist blessed princess princesa sunshine rainbow
  butterfly football baseball basketball softball soccer hockey golf tennis liverpool chelsea arsenal barcelona realmadrid
  juventus manchester superman batman spiderman ironman starwars pokemon pikachu minecraft fortnite roblox naruto dragon
  dragonball monkey tiger lion elephant kitten puppy shadow master killer hunter ranger trustno trustnoone whatever nothing
  freedom forever together family mother father brother sister daddy mommy babygirl babyboy sweetheart angel heaven summer winter
  spring autumn january february march april june july august september october november december monday tuesday wednesday thursday
  friday saturday sunday michael michelle jessica ashley daniel jennifer charlie jordan thomas andrew joshua matthew robert anthony
  nicole amanda hannah samantha elizabeth alexander benjamin christian computer internet google facebook youtube instagram linkedin
  microsoft windows apple iphone samsung android google chrome server database oracle cisco access elpis pandora openai chatgpt
  anthropic claude llama qwen gemma mistral cookie chocolate banana orange cheese coffee pepper pumpkin ginger flower purple yellow
  silver golden diamond mustang ferrari porsche mercedes corvette harley yamaha honda toyota london paris berlin newyork america
  australia germany mexico canada england ireland scotland qwerty qwertyuiop qwertz qwertzuiop azerty azertyuiop asdf asdfgh asdfghjkl
  zxcvbn zxcvbnm qazwsx qazwsxedc wsxedc poiuytrewq mnbvcxz abc abcd abcde abcdef abcdefg abcdefgh abcdefghij abcabc correcthorsebatterystaple
  thisismypassword mypassword yourpassword newpassword nopassword supersecret topsecret`.split(/\s+/),
)

const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn',
  '1q2w3e4r5t6y7u8i9o0p',
]

/**
 * Why this password is refused, to be read after "The password …"; null when it is fine.
 *
 * @param about name, e-mail and the like of its holder: who guesses knows them
 */
export function weaknessOf(password: string, about: readonly string[]): string | null {
  const text = password.normalize('NFKC')
  if (Array.from(text).length < leastCharacters) return `is shorter than ${leastCharacters} characters`
  if (text.length > mostCharacters) return `is longer than ${mostCharacters} characters`
  const plain = text.toLowerCase()
  if (new Set(plain).size < 5) return 'is made of too few different characters'
  if (isWalk(plain)) return 'follows the keyboard or the alphabet'
  const bare = (word: string) => word.replaceAll(/[^\p{L}]/gu, '')
  const undisguised = (text: string) => bare(Array.from(text).map(unleet).join(''))
  // Years and signs are what people put behind.
  const head = plain.replace(/[\d\W_]+$/u, '')
  for (const word of new Set([bare(plain), undisguised(plain), undisguised(head)])) {
    if (commonWords.has(word) || commonWords.has(halfOf(word))) return 'is one of those that are tried first'
  }
  for (const fact of about.flatMap((text) => text.toLowerCase().split(/[@\s]+/))) {
    if (fact.length >= 4 && plain.includes(fact) && plain.length - fact.length < 8)
      return 'is little more than a name or an address'
  }
  return null
}

/** `hellohello` is `hello` twice. */
function halfOf(word: string): string {
  const half = word.slice(0, word.length / 2)
  return half + half === word ? half : word
}

/** Whether it is runs along a row, forwards or backwards, of three and more characters each, and next to nothing beside. */
function isWalk(text: string): boolean {
  let beside = 0
  const paths = rows.flatMap((row) => [row + row, Array.from(row).toReversed().join('').repeat(2)])
  let at = 0
  while (at < text.length) {
    let length = 0
    for (let end = Math.min(text.length, at + 40); end >= at + 3; end--) {
      if (paths.some((path) => path.includes(text.slice(at, end)))) {
        length = end - at
        break
      }
    }
    if (length === 0 && ++beside > 2) return false
    at += Math.max(1, length)
  }
  return true
}
