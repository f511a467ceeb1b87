import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AppraisalInput,
  appraiseEvidence,
  encodeRecord,
  QUOTED_PCRS,
  type RollbackState,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import { predict } from '@trusted-launch/bootchain'
import { Certificate } from '@trusted-launch/crypto'
import { fromBytes } from '@trusted-launch/disk'
import type { Machine } from '@trusted-launch/host'
import { believedFirmware } from '@trusted-launch/service'
import { replaceFile } from './installation.ts'
import { demoFolder } from './paths.ts'
import { ReferenceFile } from './references.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { VictimDisk } from './tamper.ts'
import { appraised, type End, failed, refused, type Verdict, verdictOn } from './verdict.ts'

const bootLimitMs = 180_000
const signOfLifeMs = 20_000
const banks = ['sha256'] as const
/** The extend-only index was never asked for: what it holds is taken as it is. */
const unseen: RollbackState = { indexName: null, value: null, unanswered: [], resetCount: null }

export interface TrialOptions {
  /** Quoted as given; null: 32 random bytes for each quote. */
  readonly nonce: Uint8Array | null
  /** What happens just now, for people. */
  readonly tell: (state: string) => void
}

/** One VM's part in one scenario: from its creation to the verdict on it. */
export class Trial {
  readonly #stage: Stage
  readonly #scenario: Scenario
  readonly #options: TrialOptions
  readonly #machines: Machine[] = []
  #references: ReferenceFile | null = null
  #bootMs = 0
  #rollback = unseen
  #end: End = failed('it was never played')
  #record: Uint8Array = new Uint8Array()

  constructor(stage: Stage, scenario: Scenario, options: TrialOptions) {
    this.#stage = stage
    this.#scenario = scenario
    this.#options = options
  }

  /**
   * Plays the scenario to its end. Then there is a record under its name only where the last boot was
   * appraised; one that is cut short leaves the former record.
   * @throws {Error} what went wrong that was not asked for.
   */
  async play(): Promise<void> {
    const { tamper, attester, secondBoot } = this.#scenario
    try {
      await this.#create()
      await tamper?.(new VictimDisk(this.machine.disk.path), this.#stage.scratch())
      const from = attester === 'other' ? await this.other() : this.machine
      await this.boot(() => from.start(), from)
      await secondBoot?.(this)
    } catch (e) {
      this.#end = failed(e)
      throw e
    }
    if (this.#end.evidence === null) rmSync(this.#recordPath, { force: true })
    else replaceFile(this.#recordPath, this.#record)
  }

  /** What came of it. */
  verdict(): Verdict {
    return verdictOn(this.#scenario, this.#end, this.#references, this.#bootMs)
  }

  /** Removes its VMs. */
  async clear(): Promise<void> {
    for (const machine of this.#machines) await machine.delete()
  }

  get machine(): Machine {
    return this.#machines[0]!
  }

  /** The TPM's, in the last verdict; NaN: there was none. */
  get resetCount(): number {
    return this.#end.result?.counters?.resetCount ?? Number.NaN
  }

  /** Another VM, with a vTPM of its own. */
  other(): Promise<Machine> {
    this.#options.tell('creating another VM')
    return this.#make(`${this.#scenario.name}-other`)
  }

  /** Says more of what came of it. */
  add(told: string): void {
    this.#end = { ...this.#end, told: `${this.#end.told}; ${told}` }
  }

  /**
   * Starts the stopped VM anew. Its host then judged the extend-only index and extended it by a number of its
   * own: what it holds is not known here.
   */
  restart(): Promise<void> {
    this.#rollback = { ...this.#rollback, value: null }
    return this.boot(() => this.machine.start())
  }

  /** Boots the VM and appraises what `attester` hands out; a refusal to start or boot is an end as well. */
  async boot(begin: () => Promise<void>, attester = this.machine): Promise<void> {
    this.#options.tell('booting')
    const started = performance.now()
    const signs = setInterval(() => {
      const seconds = Math.round((performance.now() - started) / 1000)
      const limit = bootLimitMs / 1000
      this.#options.tell(`still booting, ${seconds} s; gives up after ${limit} s`)
    }, signOfLifeMs)
    try {
      await begin()
      await attester.waitForAgent(bootLimitMs)
    } catch (e) {
      const end = refused(e, this.#scenario.expected === null)
      if (end === null) throw e
      this.#end = end
      await attester.stop({ graceful: false })
      return
    } finally {
      clearInterval(signs)
      this.#bootMs = performance.now() - started
    }
    this.#options.tell('attesting')
    this.#end = await this.#appraise(attester)
  }

  /** Makes the VM, and its reference values from the pristine image before anything of it boots. */
  async #create(): Promise<void> {
    this.#options.tell('creating the VM and its vTPM')
    const { image, firmwareSha256, folder } = this.#stage
    const machine = await this.#make(this.#scenario.name)
    const variant = predict({
      disk: fromBytes(new Uint8Array(readFileSync(image.path))),
      image: { name: image.name, sha256: image.sha256 },
      variables: await machine.readVariables(),
      banks,
      firmware: believedFirmware(firmwareSha256),
    })
    const path = join(folder, `${this.#scenario.name}.references.json`)
    this.#references = new ReferenceFile(path, { version: 2, variants: [variant] })
  }

  async #make(id: string): Promise<Machine> {
    const machine = await this.#stage.create(id)
    this.#machines.push(machine)
    return machine
  }

  async #appraise(attester: Machine): Promise<End> {
    const nonce = this.#options.nonce ?? randomNonce()
    const extendNonce = randomNonce()
    const request = { nonce, pcrs: [...QUOTED_PCRS], banks, extendNonce }
    const evidence = await attester.collectEvidence(request)
    const input = { ...this.#expected(nonce, extendNonce), evidence }
    const { result, rollback } = appraiseEvidence(input)
    this.#rollback = rollback ?? this.#rollback
    const { issuer, sign } = this.#stage
    this.#record = encodeRecord(input, { result }, issuer, sign)
    return appraised(result, this.#recordPath)
  }

  get #recordPath(): string {
    return join(demoFolder, `${this.#scenario.name}.json`)
  }

  /** From the host's record and the pristine image: nothing of it from the guest. */
  #expected(nonce: Uint8Array, extendNonce: Uint8Array): Omit<AppraisalInput, 'evidence'> {
    const { vm, generation, akName, retiredAkNames } = this.machine.identity!
    const { host, machineShape } = this.#stage
    return {
      expectation: {
        ...{ vm, generation, akName, nonce, banks, pcrs: QUOTED_PCRS, retiredAkNames },
        machine: machineShape,
        profile: 'strict',
        anchors: [Certificate.decode(host.trustAnchor)],
        rollback: { nonce: extendNonce, state: this.#rollback },
      },
      references: this.#references!.read(),
      policy: TRUSTED_LAUNCH_POLICY,
      time: Date.now(),
    }
  }
}

function randomNonce(): Uint8Array {
  return new Uint8Array(randomBytes(32))
}
