/** How people sign in, besides keys: where browsers reach this server, and whose accounts are accepted. */
import { z } from 'zod'

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/

/** An https address; plain http for this machine itself only. */
const address = z.url({ protocol: /^https?$/ }).refine(
  (text) => {
    const { protocol, hostname, username, password } = new URL(text)
    return (protocol === 'https:' || loopback.test(hostname)) && username === '' && password === ''
  },
  { error: 'must begin with https://, and hold no password' },
)

export const signInSection = {
  address: z
    .union([z.literal(''), address])
    .default('')
    .describe(
      'Where browsers reach this server, such as `https://ai.example.org`; empty means the address that it prints. Stands in invitations, and is where other accounts lead back to.',
    ),
}

export const providerShape = {
  issuer: address.describe('Of OpenID Connect, such as `https://accounts.google.com`.'),
  client_id: z.string().min(1).max(500).describe('What this server is called there.'),
  client_secret_env: z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]*$/,
      'is the name of a variable of the environment, never the secret itself',
    )
    .optional()
    .describe('The variable of the environment that holds its secret; left out for a public client.'),
  title: z.string().min(1).max(60).optional().describe('As it stands on the button; its name when left out.'),
  domains: z
    .array(
      z.string().regex(/^[a-z0-9.-]+\.[a-z]{2,}$/, 'is a domain in small letters, such as `example.org`'),
    )
    .max(100)
    .default([])
    .describe('Whoever has a verified address in one of these may come in uninvited.'),
  role: z
    .enum(['member', 'reviewer', 'auditor', 'admin'])
    .default('member')
    .describe('The role of whoever comes in uninvited.'),
  organisation: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Their organisation, by name; the one that runs this server when left out.'),
}

/** All of them, by the names that the operator gives. */
export const providers = z
  .record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), z.strictObject(providerShape), {
    error: ({ code }) =>
      code === 'invalid_key' ? 'is named with lower-case letters, digits and "-", as `google`' : undefined,
  })
  .prefault({})
