import { createHash, randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AppraisalInput,
  type Appraised,
  appraiseEvidence,
  encodeRecord,
  encodeReferenceValues,
  knownFirmware,
  QUOTED_PCRS,
  type ReferenceValues,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import { predict } from '@trusted-launch/bootchain'
import { Certificate } from '@trusted-launch/crypto'
import { fromBytes } from '@trusted-launch/disk'
import { BootFailure, type Machine, VtpmError } from '@trusted-launch/host'
import type { Verdict } from './report.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import { VictimDisk } from './tamper.ts'

const bootLimitMs = 300_000
const shape = { memoryMiB: 512, vcpus: 1 }

type End = Pick<Verdict, 'outcome' | 'component' | 'told' | 'findings' | 'evidence' | 'result'>

/** One VM's part in one scenario: from its creation to the verdict on it. */
export class Trial {
  readonly #stage: Stage
  readonly #scenario: Scenario
  readonly #tell: (state: string) => void
  #machine: Machine | null = null
  #references: ReferenceValues | null = null
  #referencesBefore = ''
  #bootMs = 0
  #end: End | null = null

  constructor(stage: Stage, scenario: Scenario, tell: (state: string) => void) {
    this.#stage = stage
    this.#scenario = scenario
    this.#tell = tell
  }

  /** The VM's own disk, while it is stopped. */
  get disk(): VictimDisk {
    return new VictimDisk(this.machine.disk.path)
  }

  get stage(): Stage {
    return this.#stage
  }

  get machine(): Machine {
    if (this.#machine === null) throw new Error('the scenario has no VM yet')
    return this.#machine
  }

  /** Makes the VM, and its reference values from the pristine image before anything of it boots. */
  async create(): Promise<void> {
    this.#tell('creating the VM and its vTPM')
    this.#machine = await this.#make(this.#scenario.name)
    const { image, firmwareSha256 } = this.#stage
    this.#references = predict({
      disk: fromBytes(new Uint8Array(readFileSync(image.path))),
      image: { name: image.name, sha256: image.sha256 },
      variables: await this.machine.readVariables(),
      banks: ['sha256'],
      firmware: knownFirmware(firmwareSha256),
    })
    writeFileSync(this.#referencesPath, encodeReferenceValues(this.#references))
    this.#referencesBefore = this.#hashOfReferences()
  }

  /** Boots the VM and appraises what it hands out; a refusal to start or boot is an end as well. */
  async bootAndAppraise(): Promise<void> {
    await this.#booting(() => this.machine.start())
  }

  async resetAndAppraise(): Promise<void> {
    const before = this.#end?.result?.counters?.resetCount ?? Number.NaN
    await this.#booting(() => this.machine.reset())
    const after = this.#end?.result?.counters?.resetCount ?? Number.NaN
    if (this.#end?.outcome === 'affirming' && !(after > before))
      throw new Error(`the reset counter did not grow: ${before}, then ${after}`)
  }

  /** Boots another VM and hands its evidence in as this one's. */
  async appraiseOtherVm(): Promise<void> {
    const other = await this.#make(`${this.#scenario.name}-2`)
    await this.#booting(() => other.start(), other)
  }

  /** Stops the VM and puts another VM's vTPM into its folder. */
  async replaceVtpm(): Promise<void> {
    const other = await this.#make(`${this.#scenario.name}-2`)
    await this.machine.stop({ graceful: false })
    for (const name of ['vtpm', 'vtpm.key']) {
      rmSync(join(this.machine.folder, name), { recursive: true, force: true })
      cpSync(join(other.folder, name), join(this.machine.folder, name), { recursive: true })
    }
  }

  async switchSecureBootOff(): Promise<void> {
    await this.machine.stop({ graceful: false })
    await this.machine.setSecureBoot(false)
  }

  /** What came of it. @throws {Error} nothing did. */
  verdict(): Verdict {
    const { name, story, expected } = this.#scenario
    if (this.#end === null) throw new Error('the scenario came to no end')
    const references = { before: this.#referencesBefore, after: this.#hashOfReferences() }
    return { name, story, expected, ...this.#end, references, bootMs: Math.round(this.#bootMs) }
  }

  #make(id: string): Promise<Machine> {
    const { host, image, signatures } = this.#stage
    const disk = { path: image.path, format: image.format }
    const vtpm = { banks: ['sha256'] as const }
    return host.create({ id, name: id, ...shape, disk, secureBoot: true, signatures, vtpm })
  }

  async #booting(begin: () => Promise<void>, machine = this.machine): Promise<void> {
    this.#tell('booting')
    const started = performance.now()
    try {
      await begin()
      await machine.waitForAgent(bootLimitMs)
      this.#bootMs = performance.now() - started
      await this.#appraise(machine)
    } catch (e) {
      this.#bootMs = performance.now() - started
      if (e instanceof BootFailure) this.#end = bootRefused(e)
      else if (e instanceof VtpmError) this.#end = startRefused(e)
      else throw e
      if (machine.status().state === 'running') await machine.stop({ graceful: false })
    }
  }

  async #appraise(attester: Machine): Promise<void> {
    this.#tell('attesting')
    const nonce = this.#stage.nonce ?? new Uint8Array(randomBytes(32))
    const request = { nonce, pcrs: [...QUOTED_PCRS], banks: ['sha256'] as const }
    const evidence = await attester.collectEvidence(request)
    const input = { ...this.#inputFor(nonce), evidence }
    this.#end = this.#concluded(input, appraiseEvidence(input))
  }

  #inputFor(nonce: Uint8Array): Omit<AppraisalInput, 'evidence'> {
    const { vm, generation, akName } = this.machine.identity
    const machine = { ...shape, firmwareSha256: this.#stage.firmwareSha256 }
    return {
      expectation: {
        ...{ vm, generation, akName, nonce, machine },
        retiredAkNames: [],
        banks: ['sha256'],
        pcrs: QUOTED_PCRS,
        anchors: [Certificate.decode(this.#stage.host.trustAnchor)],
        rollback: null,
      },
      references: this.#references,
      policy: TRUSTED_LAUNCH_POLICY,
      time: Date.now(),
    }
  }

  #concluded(input: AppraisalInput, appraised: Appraised): End {
    const { result } = appraised
    const evidence = join(this.#stage.recordsFolder, `${this.#scenario.name}.json`)
    writeFileSync(evidence, encodeRecord(input, { result }, this.#stage.issuer, this.#stage.sign))
    const worst = worstOf(result.findings)
    return {
      outcome: result.tier as End['outcome'],
      component: worst?.component ?? null,
      told:
        worst === undefined
          ? 'every event is verified and as foretold'
          : `${worst.component}: ${worst.summary}`,
      findings: [...new Set(result.findings.map(({ id }) => id))],
      evidence,
      result,
    }
  }

  get #referencesPath(): string {
    mkdirSync(this.#stage.recordsFolder, { recursive: true })
    return join(this.#stage.recordsFolder, `${this.#scenario.name}.references.json`)
  }

  #hashOfReferences(): string {
    return createHash('sha256').update(readFileSync(this.#referencesPath)).digest('hex')
  }
}

const gravity = ['info', 'low', 'medium', 'high']

function worstOf<F extends { severity: string }>(findings: readonly F[]): F | undefined {
  const grave = findings.filter(({ severity }) => severity !== 'info')
  return grave.sort((a, b) => gravity.indexOf(b.severity) - gravity.indexOf(a.severity))[0]
}

function bootRefused(e: BootFailure): End {
  const component = e.component ?? 'boot'
  const sure = e.confirmed ? ', confirmed on the stopped disk' : ''
  const told = `the firmware's chain of trust stopped the boot at the ${component}${sure}`
  return {
    outcome: 'boot-refused',
    component,
    told,
    findings: [e.code],
    evidence: null,
    result: null,
  }
}

function startRefused(e: VtpmError): End {
  const told = `the host did not start it: ${e.message}`
  return {
    outcome: 'start-refused',
    component: 'vTPM',
    told,
    findings: [e.code],
    evidence: null,
    result: null,
  }
}
