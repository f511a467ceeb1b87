import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileKeyEncryptionKeys } from '../../src/vtpm/key-encryption-key.ts'
import { StateKeyring } from '../../src/vtpm/sealing.ts'

/** A secret, and the one file that may hold it. */
export interface Secret {
  readonly bytes: Buffer
  readonly home: string | null
}

/** The secrets of a state directory as they are now: key files, and what the VMs' wrapped keys hold. */
export async function secretsOf(stateDirectory: string): Promise<Secret[]> {
  const keysFolder = join(stateDirectory, 'keys')
  const homes = namesIn(keysFolder)
    .filter((name) => name.endsWith('.key'))
    .map((name) => join(keysFolder, name))
  homes.push(join(stateDirectory, 'authority/authority.key'))
  const secrets: Secret[] = homes
    .filter((home) => existsSync(home))
    .map((home) => ({ bytes: readFileSync(home), home }))
  if (!existsSync(join(keysFolder, 'current'))) return secrets
  const keyring = new StateKeyring(await FileKeyEncryptionKeys.open(keysFolder))
  for (const vm of namesIn(join(stateDirectory, 'vms')))
    for (const name of ['vtpm.key.new', 'vtpm.key'])
      try {
        const path = join(stateDirectory, 'vms', vm, name)
        const { stateKey, migrationKey } = await keyring.open({ vm, path })
        for (const key of [stateKey, migrationKey])
          secrets.push({ bytes: Buffer.from(key), home: null })
      } catch {}
  return secrets
}

/** Where a secret lies that has no business there: processes' arguments and environments, files. */
export function search(secrets: readonly Secret[], folders: readonly string[]): string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const paths = processes.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
  for (const folder of folders)
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) paths.push(join(entry.parentPath, entry.name))
  return paths.filter((path) => {
    const foreign = secrets.filter(({ home }) => home !== path)
    return holds(readOrNothing(path), foreign)
  })
}

/** Whether a secret is in there, raw, in hexadecimal, or in base64 wherever it begins. */
export function holds(bytes: Buffer, secrets: readonly Secret[]): boolean {
  return secrets.some((secret) => formsOf(secret.bytes).some((form) => bytes.includes(form)))
}

export function formsOf(secret: Buffer): (Buffer | string)[] {
  const hex = secret.toString('hex')
  const base64 = [0, 1, 2].map((shift) => base64At(secret, shift))
  const url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([secret, hex, hex.toUpperCase(), ...base64, ...url])]
}

/** The characters that base64 has for a secret which begins so many bytes behind a multiple of three. */
function base64At(secret: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64')
  const bits = (shift + secret.length) * 8
  return text.slice(Math.ceil((shift * 8) / 6), Math.floor(bits / 6))
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function readOrNothing(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}
