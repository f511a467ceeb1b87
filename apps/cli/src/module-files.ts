import {
  type AppraisalInput,
  type IdentifiedModule,
  identifyModules,
  type ModuleSigner,
} from '@trusted-launch/attestation'
import { bytesFrom } from './input-fault.ts'
import { plain, rangesOf } from './plain-text.ts'

/** The largest of a distribution's, uncompressed, is a third of it. */
const moduleBytesMax = 64 * 1024 * 1024

/** A module's file, and what the evidence says of it. */
export interface ModuleFile extends IdentifiedModule {
  readonly file: string
}

/** What is known of the modules in these files. @throws {InputFault} one is something else. */
export function moduleFilesFrom(
  paths: readonly string[],
  input: AppraisalInput,
): readonly ModuleFile[] {
  const files = paths.map((path) =>
    bytesFrom('input.malformed', path, 'a kernel module', moduleBytesMax),
  )
  return identifyModules(input, files).map((one, i) => ({ file: paths[i]!, ...one }))
}

/** The same for people, one module a paragraph. */
export function textOfModules(modules: readonly ModuleFile[]): string {
  return modules.map((one) => `${one.file}: ${told(one)}\n  sha256 ${one.sha256}\n`).join('')
}

function told({ entries, paths, signers }: IdentifiedModule): string {
  if (entries.length === 0)
    return 'PCR 10 vouches for no entry of the IMA list that measured this file: nothing is told of its signer'
  const where = `measured as ${paths.map(plain).join(', ')}, entry ${rangesOf(entries)} of the IMA list`
  if (signers === null) return `${where}; what stands behind it is no signature`
  if (signers.length === 0) return `${where}; not signed, or its signature is inside a compression`
  return `${where}; its signature names ${signers.map(nameOf).join(' and ')}`
}

function nameOf({ issuer, serial, keyIdentifier, hash }: ModuleSigner): string {
  const who =
    keyIdentifier === null
      ? `the certificate ${serial} by ${plain(issuer ?? '')}`
      : `the key ${keyIdentifier}`
  return `${who} (${hash ?? 'a hash not known here'})`
}
