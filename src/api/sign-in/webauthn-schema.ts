/** What browsers send of a passkey (WebAuthn level 3, 5.1.8), bounded; what it says is checked in access. */
import { z } from 'zod'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '../../access/sign-in/passkeys.ts'

const base64url = z
  .string()
  .max(20_000)
  .regex(/^[\w-]*$/)
const shared = {
  id: base64url.max(1400),
  rawId: base64url.max(1400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional().catch(undefined),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
}

export const authenticationResponse = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.optional(),
  }),
}) as unknown as z.ZodType<AuthenticationResponseJSON>

export const registrationResponse = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    authenticatorData: base64url.optional(),
    transports: z.array(z.string().max(20)).max(10).optional(),
    publicKeyAlgorithm: z.number().optional(),
    publicKey: base64url.optional(),
  }),
}) as unknown as z.ZodType<RegistrationResponseJSON>
