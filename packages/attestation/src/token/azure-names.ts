import { toUtf8 } from '@trusted-launch/codec'
import { toBase64url } from '@trusted-launch/crypto'
import type { Json } from '../canonical-json.ts'
import type { AttestationResult } from '../result.ts'
import { windowsTellers } from '../windows-azure-names.ts'

type Binding = AttestationResult['binding']
type Teller = (result: AttestationResult, binding: Binding) => Json

/**
 * What Azure's attestation tokens of Trusted Launch say, out of what ours knows. Null is left out: what is
 * not shown is not said, above all not as "no". `x-ms-azurevm-default-securebootkeysvalidated` is never said:
 * that keys are a vendor's is not known here, that they are those of the VM's template is `-dbvalidated`.
 */
const tellers: Readonly<Record<string, Teller>> = {
  'x-ms-attestation-type': () => 'azurevm',
  'x-ms-azurevm-attestation-protocol-ver': () => '2.0',
  'x-ms-azurevm-attested-pcrs': ({ pcrs }) => pcrs,
  'x-ms-azurevm-vmid': ({ vm }) => vm,
  'x-ms-azurevm-dbvalidated': (result) => variableHolds(result, 'db'),
  'x-ms-azurevm-dbxvalidated': (result) => variableHolds(result, 'dbx'),
  'x-ms-runtime': (_, binding) => (binding === null ? null : runtimeOf(binding)),
}

const ofWindows = windowsTellers.map(([name, tell]): [string, Teller] => [
  name,
  ({ claims }) => tell(claims),
])
/** In the order of canonical JSON, which needs no sorting then. */
const tellersByName = [...Object.entries(tellers), ...ofWindows].sort(([a], [b]) =>
  a < b ? -1 : 1,
)

/** Azure's `secureboot`: what is not shown to be on is said to be off. */
export function secureBootShown(result: AttestationResult): boolean {
  return verified(result, 'secure-boot') === true
}

/**
 * The claims of a token under the names that Azure's clients read.
 * @param binding what a fresh quote covers for the relying party; null: nothing.
 */
export function azureNamesOf(result: AttestationResult, binding: Binding): Record<string, Json> {
  const told: Record<string, Json> = {}
  for (const [name, tell] of tellersByName) {
    const value = tell(result, binding)
    if (value !== null) told[name] = value
  }
  return told
}

function verified({ claims }: AttestationResult, name: string): Json {
  const claim = claims[name]
  return claim?.verified === true ? claim.value : null
}

/**
 * Whether a list is that of the reference values: null without any that count, or when it is not verified. One of
 * PK, KEK, db and dbx that was changed makes all of them doubtful.
 */
function variableHolds(result: AttestationResult, name: 'db' | 'dbx'): boolean | null {
  if (result.references === null || verified(result, `variable-${name}`) === null) return null
  if (result.findings.some(({ id }) => id === 'reference-values.not-approved')) return null
  return !result.findings.some(({ id }) => id.startsWith('secure-boot-variables.'))
}

function runtimeOf({ jwk, nonce }: NonNullable<Binding>): Json {
  return {
    ...(nonce === null ? {} : { 'client-payload': { nonce: base64(nonce) } }),
    ...(jwk === null ? {} : { keys: [jwk] }),
  }
}

/** Padded, as Azure's clients want it. RFC 4648, 4. */
function base64(text: string): string {
  const unpadded = toBase64url(toUtf8(text)).replaceAll('-', '+').replaceAll('_', '/')
  return unpadded.padEnd(4 * Math.ceil(unpadded.length / 4), '=')
}
