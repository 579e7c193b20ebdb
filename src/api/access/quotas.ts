/** Who may have how much. */
import { z } from 'zod'
import { meters, periods } from '../../access/quotas/quota.ts'
import { defineAccessOperation } from './operation.ts'
import { quotaView, viewOfQuota } from './views.ts'

export const listQuotas = defineAccessOperation({
  name: 'quotas.list',
  summary: 'List the quotas that one may see, with what is used of them',
  method: 'GET',
  path: '/v1/admin/quotas',
  needs: 'quotas.read',
  input: z.strictObject({}),
  output: z.object({ quotas: z.array(quotaView) }),
  run: async ({ quotas }, _input, by) => ({
    quotas: (await quotas.list(by)).map(({ used, ...quota }) => viewOfQuota(quota, used)),
  }),
})

export const setQuota = defineAccessOperation({
  name: 'quotas.set',
  summary: 'Set a quota, in place of the one for the same; what is used of it stays used',
  method: 'POST',
  path: '/v1/admin/quotas',
  needs: 'quotas.write',
  input: z.strictObject({
    subject: z
      .string()
      .min(1)
      .max(400)
      .describe('key:ID, person:ID, org:ID, user:HASH; any of them with * for each; or server.'),
    model: z.string().min(1).max(200).nullish().describe('This model and its adapters only.'),
    meter: z.enum(meters),
    period: z.enum(periods).nullish().describe('Not for streams.'),
    amount: z.int().min(0).max(9_000_000_000_000_000).describe('A cost in billionths of the currency.'),
  }),
  output: quotaView,
  run: async ({ quotas }, { model, period, ...rest }, by) =>
    viewOfQuota(await quotas.set({ ...rest, model: model ?? null, period: period ?? null }, by), null),
})

export const removeQuota = defineAccessOperation({
  name: 'quotas.rm',
  summary: 'Remove a quota',
  method: 'DELETE',
  path: '/v1/admin/quotas/:quota',
  needs: 'quotas.write',
  input: z.strictObject({ quota: z.string().min(1).max(100) }),
  output: quotaView,
  run: async ({ quotas }, { quota }, by) => viewOfQuota(await quotas.remove(quota, by), null),
})
