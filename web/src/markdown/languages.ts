/** Languages that can be coloured; `grammars.ts` has their grammars, in the worker. */
const languages = [
  'bash',
  'c',
  'cpp',
  'csharp',
  'css',
  'diff',
  'docker',
  'go',
  'html',
  'java',
  'json',
  'jsx',
  'kotlin',
  'lua',
  'markdown',
  'php',
  'python',
  'ruby',
  'rust',
  'sql',
  'swift',
  'toml',
  'tsx',
  'typescript',
  'xml',
  'yaml',
] as const

export type Language = (typeof languages)[number]

/** Other names that models write after the fence. */
const otherNames: Readonly<Record<string, Language>> = {
  sh: 'bash',
  shell: 'bash',
  zsh: 'bash',
  console: 'bash',
  'c++': 'cpp',
  'c#': 'csharp',
  cs: 'csharp',
  dockerfile: 'docker',
  golang: 'go',
  js: 'jsx',
  javascript: 'jsx',
  mjs: 'jsx',
  cjs: 'jsx',
  jsonc: 'json',
  kt: 'kotlin',
  md: 'markdown',
  py: 'python',
  python3: 'python',
  rb: 'ruby',
  rs: 'rust',
  svg: 'xml',
  ts: 'typescript',
  yml: 'yaml',
}

/** The language meant by the word after a fence, or null when it cannot be coloured. */
export function languageNamed(name: string): Language | null {
  const word = name.toLowerCase()
  const other = Object.hasOwn(otherNames, word) ? otherNames[word] : undefined
  return languages.find((language) => language === word) ?? other ?? null
}
