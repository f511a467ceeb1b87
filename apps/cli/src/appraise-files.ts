import {
  type Appraised,
  appraiseEvidence,
  decodeImportedKey,
  decodeImportedQuote,
  decodeImportedSignature,
  decodePcrValues,
  type ImportedKey,
  type ImportedParts,
  importEvidence,
  joinImportedKeys,
  KEY_FILE_BYTES_MAX,
  PCR_FILE_BYTES_MAX,
  type Profile,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import { fromHex, MalformedError } from '@trusted-launch/codec'
import { EXIT, type ExitCode, flagOf, UsageError } from './exit-code.ts'
import { InputFault, isMalformed, partFrom } from './input-fault.ts'
import { logsFrom } from './log-files.ts'
import { type ModuleFile, moduleFilesFrom, textOfModules } from './module-files.ts'
import { jsonText, type Output } from './output.ts'
import { readPolicy } from './policy-file.ts'
import { readReferences } from './reference-file.ts'
import { certificatesFrom } from './trust.ts'
import { exitCodeOfTier, textOfImported } from './verdict.ts'

/** The files of a quote on the command line. */
export interface FileOptions {
  quote?: string
  signature?: string
  ak?: string[]
  ca?: string[]
  nonce?: string
  pcrs?: string
  eventLog?: string
  ima?: string
  userspaceLog?: string
  moduleFile?: string[]
  references?: string
  policy?: string
  profile?: Profile
  time?: string
  json?: boolean
}

const needed = ['quote', 'signature', 'ak', 'nonce', 'pcrs', 'eventLog'] as const
type Needed = Required<Pick<FileOptions, (typeof needed)[number]>>

const structureBytesMax = 4096

/** Appraises what tpm2-tools and the kernel wrote, and prints the verdict. */
export function appraiseFiles(options: FileOptions, output: Output): ExitCode {
  const missing = needed.filter((name) => options[name] === undefined)
  if (missing.length > 0)
    throw new UsageError(`these are needed too: ${missing.map(flagOf).join(', ')}`)
  const parts = partsFrom(options as FileOptions & Needed)
  const input = {
    ...importEvidence(parts),
    references: referencesFrom(options.references),
    policy: policyFrom(options.policy),
    time: timeFrom(options.time),
  }
  const { moduleFile } = options
  const modules = moduleFile === undefined ? null : moduleFilesFrom(moduleFile, input)
  return print(appraiseEvidence(input), parts, modules, options, output)
}

function print(
  { result }: Appraised,
  parts: ImportedParts,
  modules: readonly ModuleFile[] | null,
  { json }: FileOptions,
  output: Output,
): ExitCode {
  const malformed = result.bank === null && isMalformed(result.findings)
  const tier = malformed ? 'none' : result.tier
  const { profile } = parts
  const besides = modules === null ? {} : { modules }
  if (json === true) output.out(jsonText({ ...result, tier, token: null, profile, ...besides }))
  else {
    if (modules !== null) output.out(`${textOfModules(modules)}\n`)
    output.out(textOfImported({ ...result, tier }, profile, output))
  }
  if (malformed) output.err(`tl: malformed: ${result.findings[0]!.summary}\n`)
  return malformed ? EXIT.malformed : exitCodeOfTier(tier)
}

function partsFrom(options: FileOptions & Needed): ImportedParts {
  const { quote, signature, pcrs } = options
  const key = keyFrom(options.ak)
  const attest = partFrom(
    'quote.malformed',
    quote,
    'a quote',
    structureBytesMax,
    decodeImportedQuote,
  )
  return {
    attest,
    signature: partFrom(
      'quote.malformed',
      signature,
      'a signature of this key',
      structureBytesMax,
      (bytes) => decodeImportedSignature(bytes, key.publicKey, attest),
    ),
    key,
    nonce: nonceFrom(options.nonce),
    pcrs: partFrom(
      'pcrs.malformed',
      pcrs,
      'a file of PCR values',
      PCR_FILE_BYTES_MAX,
      decodePcrValues,
    ),
    ...logsFrom(options),
    anchors: (options.ca ?? []).flatMap((path) =>
      partFrom(
        'anchor.malformed',
        path,
        'a certificate in PEM or DER',
        KEY_FILE_BYTES_MAX,
        certificatesFrom,
      ),
    ),
    profile: options.profile ?? 'pc-client',
  }
}

function keyFrom(paths: readonly string[]): ImportedKey {
  const keys = paths.map((path) =>
    partFrom(
      'attestation-key.malformed',
      path,
      'an attestation key',
      KEY_FILE_BYTES_MAX,
      decodeImportedKey,
    ),
  )
  try {
    return joinImportedKeys(keys as [ImportedKey, ...ImportedKey[]])
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    const told = new Error(`--ak: ${cause.reason}`, { cause })
    throw new InputFault('attestation-key.malformed', told)
  }
}

/** TPM2B_DATA, what a nonce travels in, holds no more. TPM 2.0 Part 2, 10.4.3. */
const nonceBytesMax = 66

function nonceFrom(text: string): Uint8Array {
  try {
    const nonce = fromHex(text.replace(/^0x/, ''))
    if (nonce.length <= nonceBytesMax) return nonce
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
  }
  throw new UsageError(
    `--nonce: not hexadecimal of at most ${nonceBytesMax} bytes; out of a file: "$(cat FILE)"`,
  )
}

function timeFrom(text: string | undefined): number {
  if (text === undefined) return Date.now()
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  if (Number.isNaN(time) || time < 0)
    throw new UsageError('--time: not a time like 2026-11-28T06:00:00Z (RFC 3339)')
  return time
}

function referencesFrom(path: string | undefined) {
  return path === undefined ? null : readReferences(path)
}

function policyFrom(path: string | undefined) {
  if (path === undefined) return TRUSTED_LAUNCH_POLICY
  return readPolicy(path)
}
