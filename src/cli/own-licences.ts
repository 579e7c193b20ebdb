import type { Config } from '../config.ts'
import type { Act } from '../core/acts.ts'
import { recordedLicence, recordTexts } from '../server/recorded-acts.ts'
import type { KeptLicence, Licence } from '../weights/licence.ts'
import { withAudit } from './audit/with-audit.ts'

/**
 * Licences that a command asks for are accepted in the log of this home: the yes before anything is fetched, its texts once
 * they are here. The log is opened for those alone.
 */
export function ownLicences(
  config: Config,
  model: string,
  accept: (licence: Licence) => Promise<boolean>,
): {
  acceptLicence: typeof accept
  onFetched: (fetched: { readonly licence: KeptLicence }) => Promise<void>
} {
  const acts = { record: (act: Act) => withAudit(config, (audit) => audit.acts.record(act)) }
  return {
    acceptLicence: recordedLicence(accept, { acts, model }),
    async onFetched({ licence }) {
      if (licence.accepted.how === 'asked') await recordTexts(acts, model, licence)
    },
  }
}
