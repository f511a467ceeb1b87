import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import {
  type MachineShape,
  type SignToken,
  signTokensWith,
  type TokenIssuer,
} from '@trusted-launch/attestation'
import type { SigningKey } from '@trusted-launch/crypto'
import {
  buildImage,
  type Host,
  type Image,
  type Log,
  type Machine,
  openHost,
} from '@trusted-launch/host'
import { learnWhereUnknown } from '@trusted-launch/service'
import { parseSecureBootTemplate, type SecureBootTemplate } from '@trusted-launch/uefi'
import template from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }
import { alone, authorityFolder, installSigner } from './installation.ts'
import { markAsKept, removeLeftovers, runPrefix } from './leftovers.ts'
import { cacheDirectory, demoFolder } from './paths.ts'

/** The shape of every VM of the demo. */
export const shape = { memoryMiB: 512, vcpus: 1 }

interface Parts {
  readonly host: Host
  readonly image: Image
  readonly folder: string
  readonly key: SigningKey
}

/** What all trials of one run share: a host of its own, the pristine image, the installation's signer. */
export class Stage {
  readonly host: Host
  readonly image: Image
  /** Where this run's VMs are, and all its scratch. */
  readonly folder: string
  readonly firmwareSha256: string
  readonly issuer: TokenIssuer
  readonly sign: SignToken
  readonly #signatures: SecureBootTemplate = parseSecureBootTemplate(template)
  readonly #making = new Set<Promise<unknown>>()
  #accelerator: 'kvm' | 'tcg' = 'tcg'
  #isOver = false

  private constructor({ host, image, folder, key }: Parts) {
    this.host = host
    this.image = image
    this.folder = folder
    this.firmwareSha256 = createHash('sha256')
      .update(readFileSync(host.firmware.code))
      .digest('hex')
    this.issuer = {
      issuer: 'trusted-launch demo',
      audience: null,
      lifetimeSeconds: 3600,
      key: key.publicKey,
    }
    this.sign = signTokensWith(key)
  }

  /** Sets the stage, and removes what runs that were killed left of theirs. */
  static async open(log: Log): Promise<Stage> {
    const image = await buildImage('small', { cacheDirectory })
    const { host, folder, key } = await alone(async () => {
      const warn = (message: string) =>
        log({ level: 'warning', event: 'leftovers', vm: null, message })
      await removeLeftovers(demoFolder, warn)
      return openRun(log)
    })
    return new Stage({ host, image, folder, key })
  }

  /** Finds out how VMs run here and, where it is unknown, what their firmware measures. */
  async prepare(log: Log, interrupted: AbortSignal): Promise<void> {
    this.#accelerator = (await this.host.acceleration()).accelerator
    await learnWhereUnknown(this.machineShape, log, interrupted)
  }

  /** What VMs run on; known once it is prepared. */
  get accelerator(): 'kvm' | 'tcg' {
    return this.#accelerator
  }

  /** Of every VM of the demo, on this host. */
  get machineShape(): MachineShape {
    const { firmwareSha256, accelerator } = this
    return { ...shape, firmwareSha256, accelerator }
  }

  /** A VM of the pristine image. */
  async create(id: string): Promise<Machine> {
    if (this.#isOver) throw new Error('interrupted')
    const { image } = this
    const spec = {
      ...{ id, name: id, ...shape, secureBoot: true, signatures: this.#signatures },
      disk: { path: image.path, format: image.format },
      vtpm: { banks: ['sha256'] as const },
    }
    const making = this.host.create(spec)
    this.#making.add(making)
    return making.finally(() => this.#making.delete(making))
  }

  /** A new folder for what is needed for a moment; it goes with the stage. */
  scratch(): string {
    return mkdtempSync(join(this.folder, 'scratch-'))
  }

  /** No VM is made any more, and each there is ends: whoever waits for one gets an error. */
  async strike(): Promise<void> {
    this.#isOver = true
    await Promise.allSettled(this.#making)
    const ends = await Promise.allSettled(this.host.machines().map((one) => one.delete()))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** Ends and removes every VM, and the folder they were in. */
  async close(): Promise<void> {
    await this.strike()
    await this.host.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Lets go of the VMs: they run on. */
  async keep(): Promise<void> {
    markAsKept(this.folder)
    await this.host.close()
  }
}

/** The authority is the installation's: what it certified in one run is believed in the next. */
async function openRun(log: Log): Promise<Pick<Parts, 'host' | 'folder' | 'key'>> {
  const folder = mkdtempSync(join(demoFolder, runPrefix))
  try {
    symlinkSync(authorityFolder, join(folder, 'authority'))
    const host = await openHost({ stateDirectory: folder, log })
    return { host, folder, key: installSigner(host.trustAnchor) }
  } catch (e) {
    rmSync(folder, { recursive: true, force: true })
    throw e
  }
}
