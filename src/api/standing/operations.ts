import { closeCase, giveStrike, listCases, markSomebody, showCase, showStanding } from './explaining.ts'
import { addBan, liftAll, liftBan, listBans, takeStep } from './measures.ts'
import { claimReview, decideReview, listReviews, skipReview } from './reviewing.ts'
import {
  askExport,
  beginShutdown,
  confirmProposal,
  eraseContent,
  liftShutdown,
  showShutdown,
} from './stopping.ts'
import { checkRules, dryRunRules, listRules } from './rules.ts'
import type { Operation } from './operation.ts'

/** Every operation, in the order of the document. */
export const standingOperations: readonly Operation[] = [
  addBan,
  listBans,
  liftBan,
  takeStep,
  liftAll,
  giveStrike,
  showStanding,
  markSomebody,
  listCases,
  showCase,
  closeCase,
  listRules,
  checkRules,
  dryRunRules,
  listReviews,
  claimReview,
  skipReview,
  decideReview,
  beginShutdown,
  showShutdown,
  liftShutdown,
  confirmProposal,
  eraseContent,
  askExport,
].map((operation) => operation as unknown as Operation)
