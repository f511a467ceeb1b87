import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { buildImage, type Image } from '@trusted-launch/host'
import { openService, type Service } from '@trusted-launch/service'
import pino, { type Logger } from 'pino'
import { ControlPlane } from './control-plane.ts'
import { alone, authorityFolder, keepTrust } from './installation.ts'
import { markAsKept, removeLeftovers, runPrefix } from './leftovers.ts'
import { cacheDirectory, demoFolder } from './paths.ts'
import { StagedHost } from './staged-host.ts'

interface Parts {
  readonly folder: string
  readonly host: StagedHost
  readonly image: Image
  readonly service: Service
  readonly plane: ControlPlane
}

export interface StageOptions {
  /** Something that people should know. */
  readonly warn: (message: string) => void
  /** Quoted as given, in every quote; null: 32 random bytes for each. */
  readonly nonce: Uint8Array | null
  readonly hasPortal: boolean
}

/** What all trials of one run share: a control plane of its own, and the host under it. */
export class Stage {
  readonly host: StagedHost
  readonly plane: ControlPlane
  /** The pristine image of every VM. */
  readonly image: Image
  /** The control plane's data, and all scratch. */
  readonly folder: string
  readonly #service: Service

  private constructor({ host, plane, image, folder, service }: Parts) {
    this.host = host
    this.plane = plane
    this.image = image
    this.folder = folder
    this.#service = service
  }

  /** Sets the stage, and removes what runs that were killed left of theirs. */
  static async open(options: StageOptions): Promise<Stage> {
    const image = await buildImage('small', { cacheDirectory })
    return alone(async () => {
      await removeLeftovers(demoFolder, options.warn)
      return new Stage({ image, ...(await openRun(options)) })
    })
  }

  /** What VMs run on. */
  async accelerator(): Promise<'kvm' | 'tcg'> {
    return (await this.host.host.capacity()).accelerator
  }

  /** The certificate of who vouches for the control plane's own, in PEM. */
  get authority(): string {
    return this.#service.caFile
  }

  /** A new folder for what is needed for a moment; it goes with the stage. */
  scratch(): string {
    return mkdtempSync(join(this.folder, 'scratch-'))
  }

  /** Ends and removes every VM, and the folder they were in. */
  async close(): Promise<void> {
    await this.host.strike()
    await this.#leave()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Lets go of the VMs: they run on. */
  async keep(): Promise<void> {
    markAsKept(this.folder)
    await this.#leave()
  }

  async #leave(): Promise<void> {
    this.plane.close()
    await this.#service.close()
  }
}

/** The authority of the vTPMs is the installation's: what it certified in one run is believed in the next. */
async function openRun({ warn, nonce, hasPortal }: StageOptions): Promise<Omit<Parts, 'image'>> {
  const folder = mkdtempSync(join(demoFolder, runPrefix))
  try {
    mkdirSync(join(folder, 'host'), { mode: 0o700 })
    symlinkSync(authorityFolder, join(folder, 'host/authority'))
    const host = new StagedHost(folder)
    const service = await openService({
      ...{ data: folder, publicNames: [], location: 'demo', log: logTo(warn) },
      listen: { host: '127.0.0.1', port: 0 },
      between: (driver) => host.between(driver),
      ...(nonce !== null && { nonce: () => nonce }),
      ...(hasPortal && { portal: join(cacheDirectory, 'portal') }),
    })
    const plane = await ControlPlane.open(service, service.caFile)
    await keepTrust(plane)
    return { folder, host, service, plane }
  } catch (e) {
    rmSync(folder, { recursive: true, force: true })
    throw e
  }
}

/** What the service warns of, by its message. */
function logTo(warn: (message: string) => void): Logger {
  const write = (line: string) => {
    const { msg, err } = JSON.parse(line)
    warn([msg, err?.message].filter(Boolean).join(': '))
  }
  return pino({ level: 'warn' }, { write })
}
