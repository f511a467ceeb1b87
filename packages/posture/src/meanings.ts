import type { AlertType } from './alert-kinds.ts'

/** What a finding means to an operator. */
export interface Meaning {
  /** Which cause of a failed attestation it is, when it is medium or high; null: it fails nothing by itself. */
  readonly failure: 'drift' | 'origin' | 'unproven' | null
  /** The alert of its own that it raises besides; null: none. */
  readonly raises: { readonly type: AlertType; readonly cause: string } | null
}

const drift: Meaning = { failure: 'drift', raises: null }
const origin: Meaning = { failure: 'origin', raises: null }
const unproven: Meaning = { failure: 'unproven', raises: null }
const nothing: Meaning = { failure: null, raises: null }
const identity: Meaning = {
  failure: 'origin',
  raises: { type: 'VM_VtpmIdentityChanged', cause: 'identity' },
}
const rolledBack: Meaning = {
  failure: 'origin',
  raises: { type: 'VM_VtpmIdentityChanged', cause: 'rolled-back' },
}
const host: Meaning = {
  failure: 'drift',
  raises: { type: 'VM_HostConfigurationDiffers', cause: 'host' },
}

/**
 * What each finding means, by how its id begins; the first row that fits counts. Of an id that no row knows
 * it is drift: a finding that is new never means nothing.
 */
export const MEANINGS: readonly (readonly [begins: string, meaning: Meaning])[] = [
  // Silence has a deadline of its own; a failure that was not cleared is looked for by itself.
  ['verdict.', nothing],
  ['agent.no-evidence', nothing],
  ['nonce.refused', nothing],
  ['attestation-key.unavailable', nothing],
  ['module.', { failure: null, raises: { type: 'VM_UntrustedKernelModule', cause: 'module' } }],
  ['host.statement.missing', unproven],
  ['host.statement.stale', unproven],
  ['host.identity', identity],
  ['host.', host],
  ['vtpm.index.foreign', identity],
  ['vtpm.index.missing', identity],
  ['vtpm.index.', origin],
  ['vtpm.', rolledBack],
  ['attestation-key.foreign', identity],
  ['attestation-key.retired-generation', identity],
  ['attestation-key.', origin],
  ['endorsement-key.', origin],
  ['quote.restarted', drift],
  ['quote.missing', unproven],
  ['quote.', origin],
  ['question.', unproven],
  ['evidence.', unproven],
  ['input.', unproven],
  ['pcrs.', unproven],
  ['pcr.not-given', unproven],
  ['pcr.missing', unproven],
  ['policy.malformed', unproven],
  ['record.', unproven],
  ['anchor.', unproven],
  ['reference-values.', unproven],
  ['firmware.not-learnt', unproven],
  ['exit-boot-services.missing', unproven],
  ['eventlog.missing', unproven],
  ['eventlog.bank', unproven],
  ['eventlog.malformed', origin],
  ['eventlog.replay', origin],
  ['eventlog.data', origin],
  ['eventlog.not-continued', origin],
  ['ima.malformed', origin],
  ['ima.replay', origin],
  ['ima.template-hash', origin],
  ['ima.boot-aggregate', origin],
  ['ima.not-continued', origin],
  ['userspace-log.malformed', origin],
  ['userspace-log.data', origin],
  ['userspace-log.replay', origin],
  ['userspace-log.not-continued', origin],
]

/** What a finding of this id means. */
export function meaningOf(id: string): Meaning {
  return MEANINGS.find(([begins]) => id.startsWith(begins))?.[1] ?? drift
}
