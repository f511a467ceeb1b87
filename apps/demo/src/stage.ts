import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type SignToken, signTokensWith, type TokenIssuer } from '@trusted-launch/attestation'
import { isRefused } from '@trusted-launch/bootchain'
import { SigningKey } from '@trusted-launch/crypto'
import { fromBytes } from '@trusted-launch/disk'
import { buildImage, type Host, type Image, type LogEntry, openHost } from '@trusted-launch/host'
import { parseSecureBootTemplate, type SecureBootTemplate } from '@trusted-launch/uefi'
import template from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }

const cacheDirectory = join(import.meta.dirname, '../../../.cache')
const recordsFolder = join(cacheDirectory, 'demo')

/** What all trials of one run share. */
export interface Stage {
  readonly host: Host
  readonly image: Image
  readonly signatures: SecureBootTemplate
  readonly firmwareSha256: string
  /** Where the VMs are while they live. */
  readonly stateDirectory: string
  /** Where records, and the key that signed them, stay. */
  readonly recordsFolder: string
  readonly cacheDirectory: string
  readonly issuer: TokenIssuer
  readonly sign: SignToken
  readonly nonce: Uint8Array | null
}

/** Sets the stage: a host of its own, the pristine image, the installation's signer. */
export async function openStage(
  nonce: Uint8Array | null,
  log: (entry: LogEntry) => void,
): Promise<Stage> {
  mkdirSync(recordsFolder, { recursive: true, mode: 0o700 })
  const image = await buildImage('small', { cacheDirectory })
  const key = signer()
  const stateDirectory = mkdtempSync(join(recordsFolder, 'vms-'))
  const host = await openHost({ stateDirectory, log, confirm })
  const anchor = new X509Certificate(host.trustAnchor).toString()
  writeFileSync(join(recordsFolder, 'anchors.pem'), anchor)
  return {
    ...{ host, image, stateDirectory, recordsFolder, cacheDirectory, nonce },
    signatures: parseSecureBootTemplate(template),
    firmwareSha256: createHash('sha256').update(readFileSync(host.firmware.code)).digest('hex'),
    issuer: { issuer: 'trusted-launch demo', lifetimeSeconds: 3600, key: key.publicKey },
    sign: signTokensWith(key),
  }
}

/** Ends and removes every VM, and the folder they were in. */
export async function closeStage({ host, stateDirectory }: Stage): Promise<void> {
  await Promise.all(host.machines().map((machine) => machine.delete()))
  await host.close()
  rmSync(stateDirectory, { recursive: true, force: true })
}

const confirm: NonNullable<Parameters<typeof openHost>[0]['confirm']> = async (question) =>
  isRefused({
    component: question.component,
    disk: fromBytes(new Uint8Array(readFileSync(question.disk.path))),
    variables: question.variables,
  })

/** The installation's signer of records: made at first use, the private half 0600. */
function signer(): SigningKey {
  const path = join(recordsFolder, 'signer.key')
  if (!existsSync(path)) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(
      join(recordsFolder, 'signer.pem'),
      pair.publicKey.export({ format: 'pem', type: 'spki' }),
    )
    writeFileSync(path, pair.privateKey.export({ format: 'der', type: 'pkcs8' }), { mode: 0o600 })
  }
  return SigningKey.fromPkcs8(new Uint8Array(readFileSync(path)))
}
