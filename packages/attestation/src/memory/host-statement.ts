import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import {
  digestHex,
  fromBase64url,
  type PublicKey,
  textToBase64url,
  thumbprintOf,
  toBase64url,
} from '@trusted-launch/crypto'
import { VARIABLES, type VariableStore } from '@trusted-launch/uefi'
import { formatCanonical, type Json } from '../canonical-json.ts'
import { type FindingId, findingOf } from '../finding-table.ts'
import {
  boolean,
  hex,
  integer,
  nullable,
  object,
  oneOf,
  parseJson,
  type Shape,
  string,
} from '../json-shape.ts'
import type { Finding } from '../result.ts'
import { isSignedBy, type SignToken } from '../token/token.ts'

const stated = ['PK', 'KEK', 'db', 'dbx', 'SecureBootEnable', 'CustomMode'] as const
/** SHA-256 of each variable's value, hexadecimal; null: it is not there. */
export type StatedVariables = Readonly<Record<(typeof stated)[number], string | null>>

/**
 * What a host says of one start of a VM: what no evidence of the guest can show. A guest's trust ends at
 * its host: a host that lies about this can lie about everything in the guest.
 */
export interface HostStatement {
  readonly version: 1
  readonly type: 'trusted-launch.host-statement'
  readonly host: string
  readonly vm: string
  readonly generation: number
  /** Milliseconds since 1970: when the VM was started. */
  readonly started: number
  /** How often the host has started this vTPM: what its resetCount is compared with. */
  readonly resets: number
  /** Of the public keys, SubjectPublicKeyInfo; `akName` is the TPM's name of the AK. */
  readonly ekSha256: string
  readonly akName: string
  readonly firmwareSha256: string
  /** As decoded, not the file: the firmware itself writes other variables there. */
  readonly variables: StatedVariables
  readonly vtpmStateEncrypted: boolean
  /** Of QEMU's arguments, one a line. */
  readonly qemuArgsSha256: string
  readonly qemuVersion: string
  readonly swtpmVersion: string
}

/** What was asked of the host. */
export type HostRequest = Pick<
  HostStatement,
  'vm' | 'generation' | 'ekSha256' | 'akName' | 'firmwareSha256' | 'variables' | 'qemuArgsSha256'
>

/** What may be compared; `ekName` is the TPM's name of the EK. */
export type Comparable = HostRequest & { readonly ekName: string }

const charsMax = 16 * 1024
/** What a variable store holds, as a host states it. */
export function statedVariables(store: VariableStore): StatedVariables {
  const values = stated.map((name) => {
    const data = store.get(VARIABLES[name])?.data
    return [name, data === undefined ? null : digestHex('sha256', data)]
  })
  return Object.fromEntries(values) as StatedVariables
}

/** A statement as a JWS, signed with ES256 by the host's key. RFC 7515. */
export function signHostStatement(
  statement: HostStatement,
  key: PublicKey,
  sign: SignToken,
): string {
  const header = { alg: 'ES256', kid: thumbprintOf(key), typ: type }
  const parts = [header, statement as unknown as Json]
  const signed = parts.map((part) => textToBase64url(formatCanonical(part))).join('.')
  return `${signed}.${toBase64url(sign(toUtf8(signed)))}`
}

/** What a host says that is believed, and what of it is not as it was asked for. */
export interface HostVerdict {
  /** Null: nothing of it is believed. */
  readonly statement: HostStatement | null
  readonly findings: readonly Finding[]
}

/**
 * This verifies that: the host's key signed the statement; it is of the start that is looked at; EK, AK and
 * generation are the VM's; firmware, Secure Boot variables and QEMU's arguments are those asked for;
 * the vTPM's state is encrypted.
 * @param text null: the host said nothing.
 * @param started when the VM was last started, milliseconds since 1970; null: not known.
 */
export function verifyHostStatement(
  text: string | null,
  key: PublicKey,
  wanted: HostRequest,
  started: number | null,
): HostVerdict {
  // check 47
  if (text === null) return refused('missing', 'The host does not say what it runs this VM with.')
  const statement = read(text, key)
  if ('severity' in statement) return { statement: null, findings: [statement] }
  const { started: said } = statement
  const findings: Finding[] = []
  const actual = `started at ${said}`
  if (started !== null && said !== started)
    findings.push(
      findingOf({
        id: 'host.statement.stale',
        summary: 'The host speaks of another start of the VM.',
        expected: `started at ${started}`,
        actual,
      }),
    )
  // check 47
  findings.push(...differences(statement, wanted))
  return { statement, findings }
}

function read(text: string, key: PublicKey): HostStatement | Finding {
  const [head, body, ...more] = text.split('.')
  const whole = text.length <= charsMax && body !== undefined && more.length === 1
  if (!whole) return fault('malformed', "The host's statement is no JWS.")
  // check 47
  if (!isSignedBy(text, key)) return fault('signature', 'The host did not sign its statement.')
  try {
    const { kid } = partOf(head!, headerShape)
    if (kid !== thumbprintOf(key)) return fault('signature', 'The statement names another key.')
    return partOf(body!, shape)
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return fault('malformed', e.message)
  }
}

function fault(what: 'malformed' | 'signature' | 'missing', summary: string): Finding {
  return findingOf({ id: `host.statement.${what}`, summary })
}

function refused(what: 'missing', summary: string): HostVerdict {
  return { statement: null, findings: [fault(what, summary)] }
}

/** Which finding tells of which part. */
const parts: Readonly<Record<keyof Comparable, { id: FindingId; what: string }>> = {
  vm: { id: 'host.vm', what: 'the VM' },
  generation: { id: 'host.identity', what: 'the generation of the vTPM' },
  ekSha256: { id: 'host.identity', what: 'the endorsement key' },
  ekName: { id: 'host.identity', what: 'the endorsement key' },
  akName: { id: 'host.identity', what: 'the attestation key' },
  firmwareSha256: { id: 'host.firmware', what: 'the firmware' },
  variables: { id: 'host.variables', what: 'the Secure Boot variables' },
  qemuArgsSha256: { id: 'host.machine', what: "QEMU's arguments" },
}

function differences(statement: HostStatement, wanted: HostRequest): Finding[] {
  const told = differencesOf<keyof HostRequest>(statement, wanted)
  if (statement.vtpmStateEncrypted) return told
  return [...told, unencryptedState()]
}

/** What is told of a host that keeps a vTPM so that whoever reads its disk has its keys. */
export function unencryptedState(): Finding {
  const summary = "The host keeps the vTPM's state in clear."
  return findingOf({ id: 'host.vtpm.unencrypted', summary })
}

/** Of each part that was asked for; one that is not told of is `null`. */
export function differencesOf<Part extends keyof Comparable>(
  actual: Partial<Pick<Comparable, Part>>,
  wanted: Partial<Pick<Comparable, Part>>,
): Finding[] {
  const asked = (Object.keys(parts) as Part[]).filter((name) => wanted[name] !== undefined)
  return asked.flatMap((name) => {
    const [expected, found] = [wanted[name], actual[name] ?? null].map((v) =>
      formatCanonical(v as Json),
    )
    const { id, what } = parts[name]
    const summary = `The host runs the VM with another value of ${what} than was asked for.`
    return expected === found
      ? []
      : [findingOf({ id, summary, expected: expected!, actual: found! })]
  })
}

const type = 'trusted-launch.host-statement'
const sha256 = hex({ min: 32, max: 32 })
const counter = integer({ min: 0, max: 2 ** 52 })
const word = string({ max: 256 })

const headerShape = object({ alg: oneOf('ES256'), kid: word, typ: oneOf(type) })
const variable = nullable(sha256)
const shape: Shape<HostStatement> = object({
  version: oneOf(1),
  type: oneOf(type),
  host: word,
  vm: word,
  generation: counter,
  started: counter,
  resets: counter,
  ekSha256: sha256,
  akName: hex({ min: 20, max: 66 }),
  firmwareSha256: sha256,
  variables: object({
    PK: variable,
    KEK: variable,
    db: variable,
    dbx: variable,
    SecureBootEnable: variable,
    CustomMode: variable,
  }),
  vtpmStateEncrypted: boolean,
  qemuArgsSha256: sha256,
  qemuVersion: word,
  swtpmVersion: word,
})

function partOf<T>(text: string, shape: Shape<T>): T {
  return parseJson(fromBase64url(text), shape, { max: charsMax })
}
